// The critic's hidden layer before its activation: p0 + box(p1) + wide(box(p2)).
#import box

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;    // (rows, 3 V4)
@group(0) @binding(3) var<storage, read> boxed: array<vec4<f32>>;        // (agents, 2 V4): box(p1), box(p2)
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4<f32>>; // (agents, V4)

fn summand(place: Place, f: u32) -> Piece {
    var piece: Piece;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        piece[j] = boxed[(2u * place.agent + 1u) * V4 + f + j];
    }
    return piece;
}

fn put(place: Place, f: u32, sum: Piece) {
    let scale = 1.0 / count_around(place, 3u);
    let own = row_of_agent[place.agent] * PROJECTED + f;
    let agent = place.agent;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        hidden[agent * V4 + f + j] = projected[own + j] + boxed[2u * agent * V4 + f + j] + scale * sum[j];
    }
}

fn each(i: u32) {
    add_up(i, V4, 3u);
}
