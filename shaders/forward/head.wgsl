// logits = (norm(x) W + b + copy bias) / temperature, for one token of one slot.
// The two lanes past the tenth colour hold the logits' log-sum-exp and the entropy of their softmax.
struct Args {
    tile: u32,
    x: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> slot_key: array<u32>;
@group(0) @binding(3) var<uniform> w_head: array<vec4<f32>, HEAD_WEIGHTS>; // (D + 1, 3)
@group(0) @binding(4) var<storage, read> acts: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> logits: array<vec4<f32>>;   // (slots, 9, 3)

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = id.x;
    let k = id.y;
    let found = args.tile * TILE + s;
    if s >= TILE || found >= counts[0] {
        return;
    }
    let slot = counts[4] + found;
    let row = k * TILE + s;
    var x: Token;
    for (var f = 0u; f < D4; f++) {
        x[f] = acts[(args.x + f) * ROWS + row];
    }
    var normed = norm(&x);
    var y: array<vec4<f32>, 3>;
    let colour = (slot_key[slot] / POWERS[k]) % 10u;
    for (var j = 0u; j < 3u; j++) {
        y[j] = w_head[D * 3u + j] + hyper.copy_bias * one_hot(colour, 4u * j);
    }
    for (var i = 0u; i < D4; i++) {
        let n = normed.n[i];
        for (var j = 0u; j < 3u; j++) {
            let w = 12u * i + j;
            y[j] = fma(vec4(n.x), w_head[w], y[j]);
            y[j] = fma(vec4(n.y), w_head[w + 3u], y[j]);
            y[j] = fma(vec4(n.z), w_head[w + 6u], y[j]);
            y[j] = fma(vec4(n.w), w_head[w + 9u], y[j]);
        }
    }
    let a = y[0] / hyper.temperature;
    let b = y[1] / hyper.temperature;
    let c = y[2].xy / hyper.temperature;
    let lse = log_sum_exp(a, b, c);
    let la = a - lse;
    let lb = b - lse;
    let lc = c - lse;
    let entropy = -(dot(exp(la), la) + dot(exp(lb), lb) + dot(exp(lc), lc));
    let at = (slot * 9u + k) * 3u;
    logits[at] = a;
    logits[at + 1u] = b;
    logits[at + 2u] = vec4(c, lse, entropy);
}
