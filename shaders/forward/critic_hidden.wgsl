// The critic's hidden layer before its activation: p0 + box(p1) + wide(box(p2)).
struct Args {
    n: u32, // runs
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> agent_slot: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;    // (slots, 3 V4)
@group(0) @binding(3) var<storage, read> boxed: array<vec4<f32>>;        // (agents, 2 V4): box(p1), box(p2)
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4<f32>>; // (agents, V4)

alias Column = array<vec4<f32>, V4>;

fn column_of(run: Run, column: u32) -> Column {
    var sum: Column;
    for (var k = 0u; k < 3u; k++) {
        let agent = agent_at(run.grid, run.row + 3u * k - 3u, column);
        if agent != NOWHERE {
            for (var f = 0u; f < V4; f++) { // unrolled
                sum[f] += boxed[(2u * agent + 1u) * V4 + f];
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
    let run = run_of(i, 3u);
    var left = column_of(run, run.column - 3u);
    var middle = column_of(run, run.column);
    for (var step = 0u; step < RUN && run.column + 3u * step < hyper.columns; step++) {
        let column = run.column + 3u * step;
        let right = column_of(run, column + 3u);
        let scale = 1.0 / count_beside(run.row, column, 3u);
        let agent = agent_at(run.grid, run.row, column);
        let slot = agent_slot[agent];
        for (var f = 0u; f < V4; f++) { // unrolled
            hidden[agent * V4 + f] = projected[slot * 3u * V4 + f] + boxed[2u * agent * V4 + f]
                + scale * (left[f] + middle[f] + right[f]);
        }
        left = middle;
        middle = right;
    }
}
