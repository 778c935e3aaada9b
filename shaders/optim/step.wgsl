// Ends a minibatch: its losses into the report, the gradient's norm, and whether the update stops here:
// because the KL exceeds its target, or because the gradient is not finite.
struct Args {
    n: u32,      // parameters
    agents: u32, // of the minibatch
    cells: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>; // rows 2..5: sums so far of f, V and g
@group(0) @binding(3) var<storage, read_write> report: array<f32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;     // slots, stopped, distinct so far, Adam's steps

var<workgroup> partial: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var square = 0.0;
    for (var i = lane; i < args.n; i += 64u) {
        square = fma(gradient[i], gradient[i], square);
    }
    partial[lane] = square;
    workgroupBarrier();
    if lane != 0u || counts[1] != 0u {
        return;
    }
    for (var other = 1u; other < 64u; other++) {
        square += partial[other];
    }
    let norm = sqrt(square);
    let agents = f32(args.agents);
    let cells = f32(args.cells);
    report[NORM] = norm;
    report[KL] = sums[2].y / agents;
    if !(norm < 1e30) {
        report[NOT_FINITE] = 1.0;
        counts[1] = 1u;
        return;
    }
    if report[KL] > hyper.target_kl {
        counts[1] = 1u;
        return;
    }
    report[POLICY_LOSS] += sums[2].x / agents;
    report[CLIP_FRACTION] += sums[2].z / agents;
    report[ENTROPY] += sums[2].w / (9.0 * agents * LN_10);
    report[VALUE_LOSS] += sums[3].x / agents;
    report[AGGREGATOR_LOSS] += sums[4].x / cells;
    report[AGGREGATOR_ENTROPY] += sums[4].y / (cells * LN_10);
    report[GRAD_NORM] += norm;
    report[TAKEN] += 1.0;
    counts[3] += 1u;
}
