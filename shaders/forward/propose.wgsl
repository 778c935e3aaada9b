// a_{p,k} ~ softmax(logits), and the log-probability of the nine together.
struct Args {
    first: u32,      // agent of the chunk that is agent 0 here
    n: u32,
    first_grid: u32, // grid of the chunk's agent 0
    step: u32,
    first_world: u32,
    greedy: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> agent_slot: array<u32>;
@group(0) @binding(2) var<storage, read> logits: array<vec4<f32>>;        // (slots, 9, 3)
@group(0) @binding(3) var<storage, read_write> proposals: array<u32>;     // (agents, 2)
@group(0) @binding(4) var<storage, read_write> log_probs: array<f32>;     // (agents)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a >= args.n {
        return;
    }
    let agent = args.first + a;
    let world = args.first_world + agent / hyper.windows;
    let at = agent_slot[a] * 27u;
    var low = 0u;
    var high = 0u;
    var log_prob = 0.0;
    var words: vec4<u32>;
    for (var k = 0u; k < 9u; k++) {
        if k % 4u == 0u {
            words = philox(vec4(args.step, world, agent % hyper.windows, k / 4u), vec2(hyper.seed, STREAM_PROPOSAL));
        } else {
            words = words.yzwx;
        }
        let la = logits[at + 3u * k];
        let lb = logits[at + 3u * k + 1u];
        let tail = logits[at + 3u * k + 2u];
        let lse = tail.z;
        var colour: u32;
        if args.greedy == 1u {
            colour = argmax(la, lb, tail.xy);
        } else {
            colour = draw(exp(la - lse), exp(lb - lse), exp(tail.xy - lse), unit_from_word(words.x));
        }
        log_prob += pick(la, lb, tail, colour) - lse;
        if k < 8u {
            low |= colour << (4u * k);
        } else {
            high = colour;
        }
    }
    let out = args.first_grid * hyper.windows + agent;
    proposals[2u * out] = low;
    proposals[2u * out + 1u] = high;
    log_probs[out] = log_prob;
}
