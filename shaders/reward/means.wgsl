// Each term's mean over one world's positions, step by step, by one workgroup a world; added to the rollout's sums.
#import positions

struct Args {
    first_world: u32, // of the chunk, in the rollout's sums
    worlds: u32,
    steps: u32,
    next_step: u32,   // 0: the sums start here
}

@group(0) @binding(1) var<storage, read> terms: array<vec4<f32>>;            // (cells, 2)
@group(0) @binding(2) var<storage, read_write> world_terms: array<vec4<f32>>; // (steps, worlds, 2)
@group(0) @binding(3) var<storage, read_write> term_sums: array<vec4<f32>>;   // (worlds, 2)

var<workgroup> partial: array<vec4<f32>, 2u * LANES>;

fn together(group: u32, lane: u32) {
    for (var step = 0u; step < args.steps; step++) {
        let transition = step * args.worlds + group;
        var first = vec4(0.0);
        var second = vec4(0.0);
        for (var i = lane; i < hyper.cells; i += LANES) {
            first += terms[2u * (transition * hyper.cells + i)];
            second += terms[2u * (transition * hyper.cells + i) + 1u];
        }
        partial[2u * lane] = first;
        partial[2u * lane + 1u] = second;
        workgroupBarrier();
        if lane == 0u {
            for (var other = 1u; other < LANES; other++) {
                first += partial[2u * other];
                second += partial[2u * other + 1u];
            }
            let blocks = f32(block_count());
            first /= blocks;
            second = vec4(second.xyz / blocks, second.w / f32(hyper.cells));
            world_terms[2u * transition] = first;
            world_terms[2u * transition + 1u] = second;
            let at = 2u * (args.first_world + group);
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
