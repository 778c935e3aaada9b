// wide'(dhidden): the transpose of means over 3x3 windows at distance 3. Each window gives its gradient, over how many
// it averaged, to those it saw.
#import box

@group(0) @binding(1) var<storage, read_write> critic: array<vec4<f32>>; // (agents, 2 V4): dhidden, wide'(dhidden)

fn summand(place: Place, f: u32) -> Piece {
    let scale = 1.0 / count_around(place, 3u);
    var piece: Piece;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        piece[j] = scale * critic[place.agent * 2u * V4 + f + j];
    }
    return piece;
}

fn put(place: Place, f: u32, sum: Piece) {
    for (var j = 0u; j < PIECE; j++) { // unrolled
        critic[(place.agent * 2u + 1u) * V4 + f + j] = sum[j];
    }
}

fn each(i: u32) {
    add_up(i, V4, 3u);
}
