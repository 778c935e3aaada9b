// How random each agent's proposal is: the mean entropy of its nine slots, over that of ten equal chances.
struct Args { first: u32 } // agent of the chunk that is agent 0 here

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> logits: array<vec4<f32>>;    // (rows, SLOTS, COLOURS4)
@group(0) @binding(3) var<storage, read_write> entropy: array<f32>;   // (agents)

fn each(a: u32) {
    var sum = 0.0;
    for (var k = 0u; k < SLOTS; k++) {
        sum += logits[row_of_agent[args.first + a] * SLOTS * COLOURS4 + COLOURS4 * k + 2u].w;
    }
    entropy[args.first + a] = sum / (f32(SLOTS) * LN_10);
}
