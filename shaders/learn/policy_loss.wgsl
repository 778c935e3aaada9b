// f's clipped loss, -min(r A, clip(r, 1 ± ε) A) with r the ratio of the nine proposals' probabilities, and its slope
// by their log-probability: -A r where that is the smaller, 0 where the clip holds.
struct Args {
    n: u32, // agents of the chunk
    grids_first: u32,
    total: u32, // agents of the minibatch
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> grids: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> logits: array<f32>;       // (slots, 9, 12)
@group(0) @binding(4) var<storage, read> proposals: array<u32>;    // (rollout agents, 2)
@group(0) @binding(5) var<storage, read> log_probs: array<f32>;    // (rollout agents)
@group(0) @binding(6) var<storage, read> advantages: array<f32>;   // (rollout agents)
@group(0) @binding(7) var<storage, read> returns: array<f32>;
@group(0) @binding(8) var<storage, read_write> actions: array<vec4<u32>>;    // (agents): proposals, slope
@group(0) @binding(9) var<storage, read_write> statistics: array<vec4<f32>>; // (agents): loss, KL, clipped, entropy

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a >= args.n {
        return;
    }
    let in_grid = divided(a, hyper.windows);
    let agent = grids[args.grids_first + in_grid.quotient] * hyper.windows + in_grid.remainder;
    let low = proposals[2u * agent];
    let high = proposals[2u * agent + 1u];
    let at = row_of_agent[a] * 108u;
    var log_prob = 0.0;
    var entropy = 0.0;
    for (var k = 0u; k < 9u; k++) {
        let colour = (select(low, high, k == 8u) >> (4u * (k % 8u))) & 15u;
        let row = at + 12u * k;
        log_prob += logits[row + colour] - logits[row + 10u];
        entropy += logits[row + 11u];
    }
    let advantage = (advantages[agent] - returns[2]) / (returns[3] + 1e-8);
    let log_ratio = log_prob - log_probs[agent];
    let ratio = exp(log_ratio);
    let clipped = clamp(ratio, 1.0 - hyper.clip, 1.0 + hyper.clip);
    let free = ratio * advantage <= clipped * advantage;
    let slope = select(0.0, -advantage * ratio, free) / f32(args.total);
    actions[a] = vec4(low, high, bitcast<u32>(slope), 0u);
    statistics[a] = vec4(
        -min(ratio * advantage, clipped * advantage),
        (ratio - 1.0) - log_ratio,
        select(0.0, 1.0, abs(ratio - 1.0) > hyper.clip),
        entropy,
    );
}
