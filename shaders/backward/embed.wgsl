// From the gradients by x and by layer 0's q, k, v of each position and colour to dx. Leaves norm(x).
#import norm, weights

@group(0) @binding(1) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>;         // (D + 1, 3 D4)
@group(0) @binding(2) var<storage, read> embedded: array<vec4<f32>>;             // (9, 10, 4 D4): q, k, v, x
@group(0) @binding(3) var<storage, read> dembedded: array<vec4<f32>>;      // (9, 10, 4 D4)
@group(0) @binding(4) var<storage, read_write> embedded_rows: array<vec4<f32>>;  // (9, 10, 2 D4): norm(x), dx

fn every(id: vec3<u32>) {
    let pair = min(id.x, PAIRS - 1u);
    var dn: Token;
    for (var j = 0u; j < 3u * D4; j++) {
        let dy = dembedded[pair * 4u * D4 + j];
        for (var i = 0u; i < D4; i++) { // unrolled
            dn[i] = times_back(BLOCK(w_qkv, 4u * i * 3u * D4 + j, 3u * D4), dy, dn[i]);
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
