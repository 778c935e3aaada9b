// From dq, dk, dv to the slope by the block's input. Leaves norm(x) for the weights' gradient.
struct Args {
    tile: u32,
    x: u32,
    dqkv: u32,
    dmid: u32,
    n: u32,
    dx: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4)
@group(0) @binding(3) var<storage, read> acts: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> grads: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = id.x;
    if s >= TILE || args.tile * TILE + s >= counts[0] {
        return;
    }
    let row = id.y * TILE + s;
    var x: Token;
    for (var f = 0u; f < D4; f++) {
        x[f] = acts[(args.x + f) * ROWS + row];
    }
    var normed = norm(&x);
    var dn: Token;
    for (var j = 0u; j < 3u * D4; j++) {
        let dy = grads[(args.dqkv + j) * ROWS + row];
        for (var i = 0u; i < D4; i++) {
            let w = 4u * i * 3u * D4 + j;
            dn[i] += vec4(
                dot(w_qkv[w], dy),
                dot(w_qkv[w + 3u * D4], dy),
                dot(w_qkv[w + 6u * D4], dy),
                dot(w_qkv[w + 9u * D4], dy),
            );
        }
    }
    var dx = norm_backward(&dn, &normed);
    for (var f = 0u; f < D4; f++) {
        grads[(args.n + f) * ROWS + row] = normed.n[f];
        grads[(args.dx + f) * ROWS + row] = dx[f] + grads[(args.dmid + f) * ROWS + row];
    }
}
