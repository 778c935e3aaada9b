// q, k, v = norm(x) W + b.
struct Args {
    tile: u32,
    x: u32,
    qkv: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4): the last row is the bias
@group(0) @binding(3) var<storage, read_write> acts: array<vec4<f32>>;

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
    for (var j = 0u; j < 3u * D4; j++) {
        var y = w_qkv[D * 3u * D4 + j];
        for (var i = 0u; i < D4; i++) {
            let n = normed.n[i];
            let w = 4u * i * 3u * D4 + j;
            y = fma(vec4(n.x), w_qkv[w], y);
            y = fma(vec4(n.y), w_qkv[w + 3u * D4], y);
            y = fma(vec4(n.z), w_qkv[w + 6u * D4], y);
            y = fma(vec4(n.w), w_qkv[w + 9u * D4], y);
        }
        acts[(args.qkv + j) * ROWS + row] = y;
    }
}
