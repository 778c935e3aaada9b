// The transpose of a mean over 3x3 windows: each window gives its slope, over how many it averaged, to those it saw.
// Pass 0: from dhidden through `wide`. Pass 1: dp0 = dhidden, dp1 = box'(dhidden), dp2 = box'(pass 0).
struct Args {
    n: u32,
    pass_number: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> critic: array<vec4<f32>>;        // (agents, 2 V4 + 1): activations, dhidden, ...
@group(0) @binding(2) var<storage, read_write> boxed: array<vec4<f32>>;   // (agents, V4): pass 0's result
@group(0) @binding(3) var<storage, read_write> dprojected: array<vec4<f32>>; // (agents, 2 V4): dp1, dp2

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a >= args.n {
        return;
    }
    var first: array<vec4<f32>, V4>;
    var second: array<vec4<f32>, V4>;
    let distance = select(1u, 3u, args.pass_number == 0u);
    for (var k = 0u; k < 9u; k++) {
        let other = agent_beside(a, k, distance);
        if other != NOWHERE {
            let scale = 1.0 / count_beside(other, distance);
            for (var f = 0u; f < V4; f++) { // unrolled
                first[f] += scale * critic[other * (2u * V4 + 1u) + V4 + f];
                if args.pass_number == 1u {
                    second[f] += scale * boxed[other * V4 + f];
                }
            }
        }
    }
    for (var f = 0u; f < V4; f++) { // unrolled
        if args.pass_number == 0u {
            boxed[a * V4 + f] = first[f];
        } else {
            dprojected[a * 2u * V4 + f] = first[f];
            dprojected[a * 2u * V4 + V4 + f] = second[f];
        }
    }
}
