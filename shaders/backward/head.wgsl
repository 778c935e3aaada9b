// From a token's dlogits, and its share of the pooled tokens' gradient, to its dx.
#import norm, tile, weights

struct Args { tile: u32, x: u32, dlogits: u32, dx: u32, n: u32 } // n: where norm(x) goes

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_head: array<vec4<f32>, HEAD_WEIGHTS>; // (D + 1, 3)
@group(0) @binding(3) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> drows: array<vec4<f32>>;     // (2 D4 + 3 V4, TILE): u, du, dp
@group(0) @binding(5) var<storage, read_write> dtokens: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS / TOKENS, counts[FOUND], args.tile);
    let r = work.row;
    let token = token_of(TOKENS * work.unit, r);
    var dn: array<Token, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        for (var f = 0u; f < D4; f++) { // unrolled
            dn[t][f] = drows[row_place(D4, D4, r, f)] / f32(SLOTS);
        }
    }
    for (var j = 0u; j < COLOURS4; j++) {
        var dy: array<vec4<f32>, TOKENS>;
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            dy[t] = dtokens[place(args.dlogits, COLOURS4, token + BAND * t, j)];
        }
        for (var i = 0u; i < D4; i++) { // unrolled
            let w = BLOCK(w_head, PADDED * i + j, COLOURS4);
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
            dtokens[place(args.dx, D4, at, f)] = dx[f];
        }
    }
}
