// From dq, dk, dv to dx, by the block's input. Leaves norm(x) for the weights' gradient.
#import norm, tile, weights

struct Args { tile: u32, x: u32, dqkv: u32, dmid: u32, n: u32, dx: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4)
@group(0) @binding(3) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dtokens: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let token = token_of(work.unit, work.row);
    var dn: Token;
    for (var j = 0u; j < 3u * D4; j++) {
        let dy = dtokens[place(args.dqkv, 3u * D4, token, j)];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 12u * D4 * i + j;
            let w = mat4x4(w_qkv[at], w_qkv[at + 3u * D4], w_qkv[at + 6u * D4], w_qkv[at + 9u * D4]);
            dn[i] = times_back(w, dy, dn[i]);
        }
    }
    var x: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        x[f] = activations[place(args.x, D4, token, f)];
    }
    let normed = norm(x);
    let dx = norm_backward(dn, normed);
    for (var f = 0u; f < D4; f++) { // unrolled
        dtokens[place(args.n, D4, token, f)] = normed.n[f];
        dtokens[place(args.dx, D4, token, f)] = dx[f] + dtokens[place(args.dmid, D4, token, f)];
    }
}
