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
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let token = token_of(work.unit, work.row);
    var mid: Token;
    var dx: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        mid[f] = activations[place(args.mid, D4, token, f)];
        dx[f] = dtokens[place(args.dx, D4, token, f)];
    }
    let normed = norm(mid);
    var dn: Token;
    for (var m = 0u; m < M4; m++) {
        var h = w_mlp_in[D * M4 + m];
        var dactive = vec4(0.0);
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 4u * D4 * m + i;
            let w = mat4x4(w_mlp_out[at], w_mlp_out[at + D4], w_mlp_out[at + 2u * D4], w_mlp_out[at + 3u * D4]);
            h = times(w_in(i, m), normed.n[i], h);
            dactive = times_back(w, dx[i], dactive);
        }
        let activation = gelu_with_derivative(h);
        let dh = dactive * activation.derivative;
        dtokens[place(args.activated, M4, token, m)] = activation.value;
        dtokens[place(args.dh, M4, token, m)] = dh;
        for (var i = 0u; i < D4; i++) { // unrolled
            dn[i] = times_back(w_in(i, m), dh, dn[i]);
        }
    }
    var dmid = norm_backward(dn, normed);
    for (var f = 0u; f < D4; f++) { // unrolled
        dmid[f] += dx[f];
        dtokens[place(args.n, D4, token, f)] = normed.n[f];
        dtokens[place(args.dmid, D4, token, f)] = dmid[f];
    }
    for (var i = 0u; i < D4; i++) {
        var datt = vec4(0.0);
        for (var j = 0u; j < D4; j++) { // unrolled
            let at = 4u * D4 * i + j;
            let w = mat4x4(w_out[at], w_out[at + D4], w_out[at + 2u * D4], w_out[at + 3u * D4]);
            datt = times_back(w, dmid[j], datt);
        }
        dtokens[place(args.datt, D4, token, i)] = datt;
    }
}

// From inputs 4 i to 4 i + 3 to hidden units 4 m to 4 m + 3.
fn w_in(i: u32, m: u32) -> mat4x4<f32> {
    let at = 4u * M4 * i + m;
    return mat4x4(w_mlp_in[at], w_mlp_in[at + M4], w_mlp_in[at + 2u * M4], w_mlp_in[at + 3u * M4]);
}
