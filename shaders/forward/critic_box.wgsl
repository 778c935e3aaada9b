// box(p1) and box(p2): the 3x3 means of the windows' second and third projections.
struct Args {
    n: u32, // runs
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> agent_slot: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;   // (slots, 3 V4)
@group(0) @binding(3) var<storage, read_write> boxed: array<vec4<f32>>; // (agents, 2 V4)

const WIDTH = 8u; // 2 V4
alias Column = array<vec4<f32>, WIDTH>;

fn column_of(run: Run, column: u32) -> Column {
    var sum: Column;
    for (var k = 0u; k < 3u; k++) {
        let agent = agent_at(run.grid, run.row + k - 1u, column);
        if agent != NOWHERE {
            let at = (agent_slot[agent] * 3u + 1u) * V4;
            for (var f = 0u; f < WIDTH; f++) { // unrolled
                sum[f] += projected[at + f];
            }
        }
    }
    return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i >= args.n {
        return;
    }
    let run = run_of(i, 1u);
    var left = column_of(run, run.column - 1u);
    var middle = column_of(run, run.column);
    for (var step = 0u; step < RUN && run.column + step < hyper.columns; step++) {
        let column = run.column + step;
        let right = column_of(run, column + 1u);
        let scale = 1.0 / count_beside(run.row, column, 1u);
        let at = agent_at(run.grid, run.row, column) * WIDTH;
        for (var f = 0u; f < WIDTH; f++) { // unrolled
            boxed[at + f] = scale * (left[f] + middle[f] + right[f]);
        }
        left = middle;
        middle = right;
    }
}
