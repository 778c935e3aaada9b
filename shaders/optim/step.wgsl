// Ends a minibatch: its losses into the report, the gradient's norm, and whether the update stops here:
// because the KL exceeds its target, or because the gradient is not finite.
#import summed

struct Args { n: u32, agents: u32, cells: u32 } // n: parameters; agents: of the minibatch

@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>; // rows 2..5: sums so far of f, V and g
@group(0) @binding(3) var<storage, read_write> report: array<f32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;

fn together(group: vec3<u32>, lane: u32) {
    var square = 0.0;
    for (var i = lane; i < args.n; i += LANES) {
        square = fma(gradient[i], gradient[i], square);
    }
    let norm = sqrt(summed(vec4(square, 0.0, 0.0, 0.0), lane).x);
    if lane != 0u || counts[STOPPED] != 0u {
        return;
    }
    let agents = f32(args.agents);
    let cells = f32(args.cells);
    report[NORM] = norm;
    report[KL] = sums[POLICY].y / agents;
    if !(norm < 1e30) {
        report[NOT_FINITE] = 1.0;
        counts[STOPPED] = 1u;
        return;
    }
    if report[KL] > hyper.target_kl {
        counts[STOPPED] = 1u;
        return;
    }
    report[POLICY_LOSS] += sums[POLICY].x / agents;
    report[CLIP_FRACTION] += sums[POLICY].z / agents;
    report[ENTROPY] += sums[POLICY].w / (f32(SLOTS) * agents * LN_10);
    report[VALUE_LOSS] += sums[VALUE].x / agents;
    report[AGGREGATOR_LOSS] += sums[AGGREGATOR].x / cells;
    report[AGGREGATOR_ENTROPY] += sums[AGGREGATOR].y / (cells * LN_10);
    report[GRAD_NORM] += norm;
    report[TAKEN] += 1.0;
    counts[ADAM_STEPS] += 1u;
}
