// How random each agent's proposal is: the mean entropy of its nine slots, over that of ten equal chances.
struct Args {
    first: u32, // agent of the chunk that is agent 0 here
    n: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> logits: array<vec4<f32>>;    // (slots, 9, 3)
@group(0) @binding(3) var<storage, read_write> entropy: array<f32>;   // (agents)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a >= args.n {
        return;
    }
    var sum = 0.0;
    for (var k = 0u; k < 9u; k++) {
        sum += logits[row_of_agent[args.first + a] * 27u + 3u * k + 2u].w;
    }
    entropy[args.first + a] = sum / (9.0 * LN_10);
}
