// From the slope by a block's output to the slope by its middle, and by the attention's output.
// Leaves norm(mid), gelu(h) and dh for the weights' gradients.
struct Args {
    tile: u32,
    mid: u32,
    dx: u32,
    n: u32,
    activated: u32,
    dh: u32,
    dmid: u32,
    datt: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_out: array<vec4<f32>, OUT_WEIGHTS>;       // (D + 1, D4)
@group(0) @binding(3) var<MLP_IN_SPACE> w_mlp_in: array<vec4<f32>, MLP_IN_WEIGHTS>;   // (D + 1, M4)
@group(0) @binding(4) var<MLP_OUT_SPACE> w_mlp_out: array<vec4<f32>, MLP_OUT_WEIGHTS>; // (M + 1, D4)
@group(0) @binding(5) var<storage, read> acts: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> grads: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = id.x;
    if s >= TILE || args.tile * TILE + s >= counts[0] {
        return;
    }
    let row = id.y * TILE + s;
    var mid: Token;
    var dx: Token;
    for (var f = 0u; f < D4; f++) {
        mid[f] = acts[(args.mid + f) * ROWS + row];
        dx[f] = grads[(args.dx + f) * ROWS + row];
    }
    var normed = norm(&mid);
    var dn: Token;
    for (var m = 0u; m < M4; m++) {
        var h = w_mlp_in[D * M4 + m];
        for (var i = 0u; i < D4; i++) {
            let n = normed.n[i];
            let w = 4u * i * M4 + m;
            h = fma(vec4(n.x), w_mlp_in[w], h);
            h = fma(vec4(n.y), w_mlp_in[w + M4], h);
            h = fma(vec4(n.z), w_mlp_in[w + 2u * M4], h);
            h = fma(vec4(n.w), w_mlp_in[w + 3u * M4], h);
        }
        var dactive = vec4(0.0);
        let wo = 4u * m * D4;
        for (var j = 0u; j < D4; j++) {
            dactive += vec4(
                dot(w_mlp_out[wo + j], dx[j]),
                dot(w_mlp_out[wo + D4 + j], dx[j]),
                dot(w_mlp_out[wo + 2u * D4 + j], dx[j]),
                dot(w_mlp_out[wo + 3u * D4 + j], dx[j]),
            );
        }
        let activation = gelu_with_slope(h);
        let dh = dactive * activation.slope;
        grads[(args.activated + m) * ROWS + row] = activation.value;
        grads[(args.dh + m) * ROWS + row] = dh;
        for (var i = 0u; i < D4; i++) {
            let w = 4u * i * M4 + m;
            dn[i] += vec4(
                dot(w_mlp_in[w], dh),
                dot(w_mlp_in[w + M4], dh),
                dot(w_mlp_in[w + 2u * M4], dh),
                dot(w_mlp_in[w + 3u * M4], dh),
            );
        }
    }
    var dmid = norm_backward(&dn, &normed);
    for (var f = 0u; f < D4; f++) {
        dmid[f] += dx[f];
        grads[(args.n + f) * ROWS + row] = normed.n[f];
        grads[(args.dmid + f) * ROWS + row] = dmid[f];
    }
    for (var i = 0u; i < D4; i++) {
        let w = 4u * i * D4;
        var datt = vec4(0.0);
        for (var j = 0u; j < D4; j++) {
            datt += vec4(
                dot(w_out[w + j], dmid[j]),
                dot(w_out[w + D4 + j], dmid[j]),
                dot(w_out[w + 2u * D4 + j], dmid[j]),
                dot(w_out[w + 3u * D4 + j], dmid[j]),
            );
        }
        grads[(args.datt + i) * ROWS + row] = datt;
    }
}
