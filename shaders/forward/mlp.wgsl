// mid = x + attention W + b; x' = mid + gelu(norm(mid) W + b) W + b.
struct Args {
    tile: u32,
    x: u32,
    att: u32,
    mid: u32,
    next: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_out: array<vec4<f32>, OUT_WEIGHTS>;       // (D + 1, D4)
@group(0) @binding(3) var<MLP_IN_SPACE> w_mlp_in: array<vec4<f32>, MLP_IN_WEIGHTS>;   // (D + 1, M4)
@group(0) @binding(4) var<MLP_OUT_SPACE> w_mlp_out: array<vec4<f32>, MLP_OUT_WEIGHTS>; // (M + 1, D4)
@group(0) @binding(5) var<storage, read_write> acts: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = id.x;
    if s >= TILE || args.tile * TILE + s >= counts[0] {
        return;
    }
    let row = id.y * TILE + s;
    var mid: Token;
    for (var j = 0u; j < D4; j++) {
        mid[j] = acts[(args.x + j) * ROWS + row] + w_out[D * D4 + j];
    }
    for (var i = 0u; i < D4; i++) {
        let a = acts[(args.att + i) * ROWS + row];
        let w = 4u * i * D4;
        for (var j = 0u; j < D4; j++) {
            mid[j] = fma(vec4(a.x), w_out[w + j], mid[j]);
            mid[j] = fma(vec4(a.y), w_out[w + D4 + j], mid[j]);
            mid[j] = fma(vec4(a.z), w_out[w + 2u * D4 + j], mid[j]);
            mid[j] = fma(vec4(a.w), w_out[w + 3u * D4 + j], mid[j]);
        }
    }
    var normed = norm(&mid);
    var next: Token;
    for (var j = 0u; j < D4; j++) {
        acts[(args.mid + j) * ROWS + row] = mid[j];
        next[j] = mid[j] + w_mlp_out[M * D4 + j];
    }
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
        h = gelu(h);
        let w = 4u * m * D4;
        for (var j = 0u; j < D4; j++) {
            next[j] = fma(vec4(h.x), w_mlp_out[w + j], next[j]);
            next[j] = fma(vec4(h.y), w_mlp_out[w + D4 + j], next[j]);
            next[j] = fma(vec4(h.z), w_mlp_out[w + 2u * D4 + j], next[j]);
            next[j] = fma(vec4(h.w), w_mlp_out[w + 3u * D4 + j], next[j]);
        }
    }
    for (var j = 0u; j < D4; j++) {
        acts[(args.next + j) * ROWS + row] = next[j];
    }
}
