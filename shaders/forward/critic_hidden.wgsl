// The critic's hidden layer before its activation: p0 + box(p1) + wide(box(p2)).
#import box

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;    // (rows, 3 V4)
@group(0) @binding(3) var<storage, read> boxed: array<vec4<f32>>;        // (agents, 2 V4): box(p1), box(p2)
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4<f32>>; // (agents, V4)

fn summand(place: Place, f: u32) -> vec4<f32> {
    return boxed[(2u * place.agent + 1u) * V4 + f];
}

fn each(i: u32) {
    let place = place_of(i / V4);
    let f = i % V4;
    let own = projected[row_of_agent[place.agent] * PROJECTED + f] + boxed[2u * place.agent * V4 + f];
    hidden[i] = own + sum_around(place, 3u, f) / count_around(place, 3u);
}
