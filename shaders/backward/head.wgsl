// From a token's slope by its logits, and its share of the pooled tokens' slope, to its slope by x.
struct Args {
    tile: u32,
    x: u32,
    dlogits: u32,
    dx: u32,
    n: u32, // where norm(x) goes
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_head: array<vec4<f32>, HEAD_WEIGHTS>; // (D + 1, 3)
@group(0) @binding(3) var<storage, read> acts: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> slot_grads: array<vec4<f32>>;     // (2 D4 + 3 V4, TILE): u, du, dp
@group(0) @binding(5) var<storage, read_write> grads: array<vec4<f32>>;

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
    let a = grads[args.dlogits * ROWS + row];
    let b = grads[(args.dlogits + 1u) * ROWS + row];
    let c = grads[(args.dlogits + 2u) * ROWS + row];
    var dn: Token;
    for (var f = 0u; f < D4; f++) {
        let w = 12u * f;
        dn[f] = slot_grads[(D4 + f) * TILE + s] / 9.0 + vec4(
            dot(w_head[w], a) + dot(w_head[w + 1u], b) + dot(w_head[w + 2u], c),
            dot(w_head[w + 3u], a) + dot(w_head[w + 4u], b) + dot(w_head[w + 5u], c),
            dot(w_head[w + 6u], a) + dot(w_head[w + 7u], b) + dot(w_head[w + 8u], c),
            dot(w_head[w + 9u], a) + dot(w_head[w + 10u], b) + dot(w_head[w + 11u], c),
        );
        grads[(args.n + f) * ROWS + row] = normed.n[f];
    }
    var dx = norm_backward(&dn, &normed);
    for (var f = 0u; f < D4; f++) {
        grads[(args.dx + f) * ROWS + row] = dx[f];
    }
}
