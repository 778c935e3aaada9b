// wide'(dhidden): the transpose of means over 3x3 windows at distance 3. Each window gives its gradient, over how many
// it averaged, to those it saw.
#import box

@group(0) @binding(1) var<storage, read_write> critic: array<vec4<f32>>; // (agents, 2 V4): dhidden, wide'(dhidden)

fn summand(place: Place, f: u32) -> vec4<f32> {
    return critic[place.agent * 2u * V4 + f] / count_around(place, 3u);
}

fn each(i: u32) {
    let place = place_of(i / V4);
    critic[(place.agent * 2u + 1u) * V4 + i % V4] = sum_around(place, 3u, i % V4);
}
