// From the gradients by x and by layer 0's q, k, v of each position and colour to dx. Leaves norm(x).
#import norm, weights

@group(0) @binding(1) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>;         // (D + 1, 3 D4)
@group(0) @binding(2) var<storage, read> embedded: array<vec4<f32>>;             // (9, 10, 4 D4): q, k, v, x
@group(0) @binding(3) var<storage, read> dembedded: array<vec4<f32>>;      // (9, 10, 4 D4)
@group(0) @binding(4) var<storage, read_write> embedded_rows: array<vec4<f32>>;  // (9, 10, 2 D4): norm(x), dx

fn each(pair: u32) {
    var dn: Token;
    for (var j = 0u; j < 3u * D4; j++) {
        let dy = dembedded[pair * 4u * D4 + j];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 12u * D4 * i + j;
            let w = mat4x4(w_qkv[at], w_qkv[at + 3u * D4], w_qkv[at + 6u * D4], w_qkv[at + 9u * D4]);
            dn[i] = times_back(w, dy, dn[i]);
        }
    }
    var x: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        x[f] = embedded[(pair * 4u + 3u) * D4 + f];
    }
    let normed = norm(x);
    let dx = norm_backward(dn, normed);
    for (var f = 0u; f < D4; f++) { // unrolled
        embedded_rows[pair * 2u * D4 + f] = normed.n[f];
        embedded_rows[(pair * 2u + 1u) * D4 + f] = dx[f] + dembedded[(pair * 4u + 3u) * D4 + f];
    }
}
