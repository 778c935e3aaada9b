// x = E[colour] + P[position] and layer 0's q, k, v = norm(x) W + b, for each position and colour.
#import norm, weights

@group(0) @binding(1) var<storage, read> embedding: array<vec4<f32>>;    // (19, D4): ten colours, nine positions
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4): the last row is the bias
@group(0) @binding(3) var<storage, read_write> embedded: array<vec4<f32>>; // (9, 10, 4 D4): q, k, v, x

fn each(pair: u32) {
    var x: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        x[f] = embedding[pair % COLOURS * D4 + f] + embedding[(COLOURS + pair / COLOURS) * D4 + f];
        embedded[(pair * 4u + 3u) * D4 + f] = x[f];
    }
    let n = norm(x).n;
    for (var j = 0u; j < 3u * D4; j++) {
        var y = w_qkv[D * 3u * D4 + j];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 12u * D4 * i + j;
            y = times(mat4x4(w_qkv[at], w_qkv[at + 3u * D4], w_qkv[at + 6u * D4], w_qkv[at + 9u * D4]), n[i], y);
        }
        embedded[pair * 4u * D4 + j] = y;
    }
}
