// From dx, by a block's output, to dmid, by its middle, and datt, by the attention's output.
// Leaves norm(mid), gelu(h) and dh for the weights' gradients.
#import norm, tile, weights

struct Args { tile: u32, mid: u32, dx: u32, n: u32, activated: u32, dh: u32, dmid: u32, datt: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_out: array<vec4<f32>, OUT_WEIGHTS>;       // (D + 1, D4)
@group(0) @binding(3) var<MLP_IN_SPACE> w_mlp_in: array<vec4<f32>, MLP_IN_WEIGHTS>;   // (D + 1, M4)
@group(0) @binding(4) var<MLP_OUT_SPACE> w_mlp_out: array<vec4<f32>, MLP_OUT_WEIGHTS>; // (M + 1, D4)
@group(0) @binding(5) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> dtokens: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS / TOKENS, counts[FOUND], args.tile);
    let token = token_of(TOKENS * work.unit, work.row);
    var normed: array<Normed, TOKENS>;
    var dx: array<Token, TOKENS>;
    var dn: array<Token, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        var mid: Token;
        for (var f = 0u; f < D4; f++) { // unrolled
            mid[f] = activations[place(args.mid, D4, token + BAND * t, f)];
            dx[t][f] = dtokens[place(args.dx, D4, token + BAND * t, f)];
        }
        normed[t] = norm(mid);
    }
    for (var m = 0u; m < M4; m++) {
        var h: array<vec4<f32>, TOKENS>;
        var dactive = array<vec4<f32>, TOKENS>(); // naga zeroes a bare `var` only once, not each time around the loop
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            h[t] = w_mlp_in[D * M4 + m];
        }
        for (var i = 0u; i < D4; i++) { // unrolled
            let block_in = BLOCK(w_mlp_in, 4u * i * M4 + m, M4);
            let block_out = BLOCK(w_mlp_out, 4u * m * D4 + i, D4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                h[t] = times(block_in, normed[t].n[i], h[t]);
                dactive[t] = times_back(block_out, dx[t][i], dactive[t]);
            }
        }
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            let activation = gelu_with_derivative(h[t]);
            h[t] = dactive[t] * activation.derivative;
            dtokens[place(args.activated, M4, token + BAND * t, m)] = activation.value;
            dtokens[place(args.dh, M4, token + BAND * t, m)] = h[t];
        }
        for (var i = 0u; i < D4; i++) { // unrolled
            let w = BLOCK(w_mlp_in, 4u * i * M4 + m, M4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                dn[t][i] = times_back(w, h[t], dn[t][i]);
            }
        }
    }
    var dmid: array<Token, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        dmid[t] = norm_backward(dn[t], normed[t]);
        for (var f = 0u; f < D4; f++) { // unrolled
            dmid[t][f] += dx[t][f];
            dtokens[place(args.n, D4, token + BAND * t, f)] = normed[t].n[f];
            dtokens[place(args.dmid, D4, token + BAND * t, f)] = dmid[t][f];
        }
    }
    for (var i = 0u; i < D4; i++) {
        var datt = array<vec4<f32>, TOKENS>();
        for (var j = 0u; j < D4; j++) { // unrolled
            let w = BLOCK(w_out, 4u * i * D4 + j, D4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                datt[t] = times_back(w, dmid[t][j], datt[t]);
            }
        }
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            dtokens[place(args.datt, D4, token + BAND * t, i)] = datt[t];
        }
    }
}
