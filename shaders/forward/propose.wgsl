// a_{p,k} ~ softmax(logits), and the log-probability of the nine together.
#import draws, philox

struct Args {
    first: u32,      // agent of the chunk that is agent 0 here
    first_grid: u32, // grid of the chunk's agent 0
    step: u32,
    first_world: u32,
    greedy: u32,
}

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> draws: array<u32>;            // (rows, SLOTS, DRAW_WORDS)
@group(0) @binding(3) var<storage, read> logits: array<f32>;           // (rows, SLOTS, PADDED)
@group(0) @binding(4) var<storage, read_write> proposals: array<u32>;  // (agents, 2)
@group(0) @binding(5) var<storage, read_write> log_probs: array<f32>;  // (agents); only where LOG_PROBS

fn each(a: u32) {
    let agent = args.first + a;
    let counter = vec4(args.step, args.first_world + agent / hyper.windows, agent % hyper.windows, 0u);
    let key = vec2(hyper.seed, STREAM_PROPOSAL);
    let w = philox(counter, key);
    let v = philox(counter + vec4(0u, 0u, 0u, 1u), key);
    // A draw takes a word's upper 23 bits, and the ninth one lower ones of three words.
    let words = array<u32, SLOTS>(w.x, w.y, w.z, w.w, v.x, v.y, v.z, v.w, w.x << 23u | (w.y & 511u) << 14u | (w.z & 31u) << 9u);
    let token = SLOTS * row_of_agent[agent];
    var colours = vec2(0u); // four bits each
    var open = 0u;          // tokens whose draws take a search
    for (var k = 0u; k < SLOTS; k++) { // unrolled
        let first = draws[DRAW_WORDS * (token + k)];
        colours[k / 8u] |= likeliest_of(first) << (4u * (k % 8u));
        open |= select(1u << k, 0u, is_sure(first, words[k]));
    }
    if args.greedy == 1u {
        open = 0u;
    }
    while open != 0u {
        let k = firstTrailingBit(open);
        open &= open - 1u;
        let word = select(select(w[k & 3u], v[k & 3u], k >= 4u), words[8], k == 8u);
        let colour = draw_of(DRAW_WORDS * (token + k), word);
        let shift = 4u * (k & 7u);
        let lanes = vec2(select(15u << shift, 0u, k == 8u), select(0u, 15u, k == 8u));
        colours = (colours & ~lanes) | (vec2(colour << shift) & lanes);
    }
    let out = args.first_grid * hyper.windows + agent;
    proposals[2u * out] = colours.x;
    proposals[2u * out + 1u] = colours.y;
    if LOG_PROBS {
        var log_prob = 0.0;
        for (var k = 0u; k < SLOTS; k++) { // unrolled
            let colour = colours[k / 8u] >> (4u * (k % 8u)) & 15u;
            log_prob += logits[PADDED * (token + k) + colour] - logits[PADDED * (token + k) + COLOURS];
        }
        log_probs[out] = log_prob;
    }
}
