// Reads and writes every vec4 once: what a kernel can move at most.
struct Args {
    n: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read_write> stream: array<vec4<f32>>; // (n)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i < args.n {
        stream[i] = stream[i] * 0.5 + 1.0;
    }
}
