// Each term's mean over one world's positions, step by step, by one workgroup a world; added to the rollout's sums.
#import positions

struct Args {
    first_world: u32, // of the chunk, in the rollout's sums
    worlds: u32,
    steps: u32,
    next_step: u32,   // 0: the sums start here
}

@group(0) @binding(1) var<storage, read> terms: array<vec4<f32>>;            // (cells, TERM_QUADS)
@group(0) @binding(2) var<storage, read_write> world_terms: array<vec4<f32>>; // (steps, worlds, TERM_QUADS)
@group(0) @binding(3) var<storage, read_write> term_sums: array<vec4<f32>>;   // (worlds, TERM_QUADS)

var<workgroup> partial: array<vec4<f32>, TERM_QUADS * LANES>;

fn together(group: vec3<u32>, lane: u32) {
    for (var step = 0u; step < args.steps; step++) {
        let transition = step * args.worlds + group.x;
        for (var q = 0u; q < TERM_QUADS; q++) {
            var sum = vec4(0.0);
            for (var i = lane; i < hyper.cells; i += LANES) {
                sum += terms[TERM_QUADS * (transition * hyper.cells + i) + q];
            }
            partial[TERM_QUADS * lane + q] = sum;
        }
        workgroupBarrier();
        if lane < TERM_QUADS {
            var sum = partial[lane];
            for (var other = 1u; other < LANES; other++) {
                sum += partial[TERM_QUADS * other + lane];
            }
            // A term of blocks has a mean over those, a term of pixels over all cells.
            let is_of_pixels = (vec4(PIXEL_TERMS) >> (4u * lane + vec4(0u, 1u, 2u, 3u)) & vec4(1u)) == vec4(1u);
            let mean = sum / select(vec4(f32(block_count())), vec4(f32(hyper.cells)), is_of_pixels);
            world_terms[TERM_QUADS * transition + lane] = mean;
            let at = TERM_QUADS * (args.first_world + group.x) + lane;
            if args.next_step + step == 0u {
                term_sums[at] = mean;
            } else {
                term_sums[at] += mean;
            }
        }
        workgroupBarrier();
    }
}
