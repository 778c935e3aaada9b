// From dq, dk, dv to dx, by the block's input. Leaves norm(x) for the weights' gradient.
#import norm, tile, weights

struct Args { tile: u32, x: u32, dqkv: u32, dmid: u32, n: u32, dx: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4)
@group(0) @binding(3) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dtokens: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS / TOKENS, counts[FOUND], args.tile);
    let token = token_of(TOKENS * work.unit, work.row);
    var dn: array<Token, TOKENS>;
    for (var j = 0u; j < 3u * D4; j++) {
        var dy: array<vec4<f32>, TOKENS>;
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            dy[t] = dtokens[place(args.dqkv, 3u * D4, token + BAND * t, j)];
        }
        for (var i = 0u; i < D4; i++) { // unrolled
            let w = BLOCK(w_qkv, 4u * i * 3u * D4 + j, 3u * D4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                dn[t][i] = times_back(w, dy[t], dn[t][i]);
            }
        }
    }
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        let at = token + BAND * t;
        var x: Token;
        for (var f = 0u; f < D4; f++) { // unrolled
            x[f] = activations[place(args.x, D4, at, f)];
        }
        let normed = norm(x);
        let dx = norm_backward(dn[t], normed);
        for (var f = 0u; f < D4; f++) { // unrolled
            dtokens[place(args.n, D4, at, f)] = normed.n[f];
            dtokens[place(args.dx, D4, at, f)] = dx[f] + dtokens[place(args.dmid, D4, at, f)];
        }
    }
}
