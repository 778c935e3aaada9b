// dp1 = box'(dhidden), dp2 = box'(wide'(dhidden)); dp0 is dhidden. The transpose of means over 3x3 windows.
#import box

@group(0) @binding(1) var<storage, read> critic: array<vec4<f32>>;           // (agents, 2 V4): dhidden, wide'(dhidden)
@group(0) @binding(2) var<storage, read_write> dprojected: array<vec4<f32>>; // (agents, 2 V4): dp1, dp2

fn summand(place: Place, f: u32) -> Piece {
    let scale = 1.0 / count_around(place, 1u);
    var piece: Piece;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        piece[j] = scale * critic[place.agent * 2u * V4 + f + j];
    }
    return piece;
}

fn put(place: Place, f: u32, sum: Piece) {
    for (var j = 0u; j < PIECE; j++) { // unrolled
        dprojected[place.agent * 2u * V4 + f + j] = sum[j];
    }
}

fn each(i: u32) {
    add_up(i, 2u * V4, 1u);
}
