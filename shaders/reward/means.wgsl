// Each term's mean over one world's positions, step by step, by one workgroup a world; added to the rollout's sums.
struct Args {
    first_world: u32, // of the chunk, in the rollout's sums
    worlds: u32,
    steps: u32,
    next_step: u32,   // 0: the sums start here
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> terms: array<vec4<f32>>;            // (cells, 2)
@group(0) @binding(2) var<storage, read_write> world_terms: array<vec4<f32>>; // (steps, worlds, 2)
@group(0) @binding(3) var<storage, read_write> term_sums: array<vec4<f32>>;   // (worlds, 2)

var<workgroup> partial: array<vec4<f32>, 128>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    for (var step = 0u; step < args.steps; step++) {
        let transition = step * args.worlds + group.x;
        var first = vec4(0.0);
        var second = vec4(0.0);
        for (var i = lane; i < hyper.cells; i += 64u) {
            first += terms[2u * (transition * hyper.cells + i)];
            second += terms[2u * (transition * hyper.cells + i) + 1u];
        }
        partial[2u * lane] = first;
        partial[2u * lane + 1u] = second;
        workgroupBarrier();
        if lane == 0u {
            for (var other = 1u; other < 64u; other++) {
                first += partial[2u * other];
                second += partial[2u * other + 1u];
            }
            let blocks = f32(block_count());
            first /= blocks;
            second = vec4(second.xyz / blocks, second.w / f32(hyper.cells));
            world_terms[2u * transition] = first;
            world_terms[2u * transition + 1u] = second;
            let at = 2u * (args.first_world + group.x);
            if args.next_step + step == 0u {
                term_sums[at] = first;
                term_sums[at + 1u] = second;
            } else {
                term_sums[at] += first;
                term_sums[at + 1u] += second;
            }
        }
        workgroupBarrier();
    }
}
