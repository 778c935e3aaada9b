// box(p1) and box(p2): the 3x3 means of the windows' second and third projections.
#import box

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;   // (rows, 3 V4)
@group(0) @binding(3) var<storage, read_write> boxed: array<vec4<f32>>; // (agents, 2 V4)

fn summand(place: Place, f: u32) -> vec4<f32> {
    return projected[(row_of_agent[place.agent] * 3u + 1u) * V4 + f];
}

fn each(i: u32) {
    let place = place_of(i / (2u * V4));
    boxed[i] = sum_around(place, 1u, i % (2u * V4)) / count_around(place, 1u);
}
