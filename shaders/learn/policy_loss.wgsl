// f's clipped loss, whose r is the ratio of the nine proposals' probabilities, and its gradient by their log-probability.
#import loss

struct Args { grids_first: u32, total: u32 } // total: agents of the minibatch

@group(0) @binding(1) var<storage, read> grids: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> logits: array<f32>;       // (rows, SLOTS, PADDED)
@group(0) @binding(4) var<storage, read> proposals: array<u32>;    // (rollout agents, 2)
@group(0) @binding(5) var<storage, read> log_probs: array<f32>;    // (rollout agents)
@group(0) @binding(6) var<storage, read> advantages: array<f32>;   // (rollout agents)
@group(0) @binding(7) var<storage, read> returns: array<f32>;
@group(0) @binding(8) var<storage, read_write> actions: array<vec4<u32>>;    // (agents): proposals, dlogp
@group(0) @binding(9) var<storage, read_write> statistics: array<vec4<f32>>; // (agents): loss, KL, clipped, entropy

fn each(a: u32) {
    let agent = rollout_agent(a);
    let low = proposals[2u * agent];
    let high = proposals[2u * agent + 1u];
    let at = row_of_agent[a] * SLOTS * PADDED;
    var log_prob = 0.0;
    var entropy = 0.0;
    for (var k = 0u; k < SLOTS; k++) {
        let colour = (select(low, high, k == 8u) >> (4u * (k % 8u))) & 15u;
        let token = at + PADDED * k;
        log_prob += logits[token + colour] - logits[token + COLOURS];
        entropy += logits[token + COLOURS + 1u];
    }
    let log_ratio = log_prob - log_probs[agent];
    let ratio = exp(log_ratio);
    let clipped = clipped_loss(ratio, advantages[agent]);
    actions[a] = vec4(low, high, bitcast<u32>(clipped.dlogp / f32(args.total)), 0u);
    statistics[a] = vec4(
        clipped.loss,
        (ratio - 1.0) - log_ratio,
        select(0.0, 1.0, abs(ratio - 1.0) > hyper.clip),
        entropy,
    );
}
