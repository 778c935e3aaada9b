// box(p2): the 3x3 mean of the windows' third projection.
struct Args {
    n: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> agent_slot: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;  // (slots, 3 V4)
@group(0) @binding(3) var<storage, read_write> boxed: array<vec4<f32>>; // (agents, V4)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a >= args.n {
        return;
    }
    var sum: array<vec4<f32>, V4>;
    for (var k = 0u; k < 9u; k++) {
        let other = agent_beside(a, k, 1u);
        if other != NOWHERE {
            let at = (agent_slot[other] * 3u + 2u) * V4;
            for (var f = 0u; f < V4; f++) { // unrolled
                sum[f] += projected[at + f];
            }
        }
    }
    let scale = 1.0 / count_beside(a, 1u);
    for (var f = 0u; f < V4; f++) { // unrolled
        boxed[a * V4 + f] = sum[f] * scale;
    }
}
