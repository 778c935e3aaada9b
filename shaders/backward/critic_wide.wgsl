// wide'(dhidden): the transpose of means over 3x3 windows at distance 3.
struct Args {
    n: u32, // runs
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> critic: array<vec4<f32>>;      // (agents, 2 V4 + 1): -, dhidden, -
@group(0) @binding(2) var<storage, read_write> boxed: array<vec4<f32>>; // (agents, V4)

alias Column = array<vec4<f32>, V4>;

fn column_of(run: Run, column: u32) -> Column {
    var sum: Column;
    for (var k = 0u; k < 3u; k++) {
        let agent = agent_at(run.grid, run.row + 3u * k - 3u, column);
        if agent != NOWHERE {
            let in_grid = agent - run.grid;
            let row = in_grid / hyper.columns;
            let scale = 1.0 / count_beside(row, in_grid - row * hyper.columns, 3u);
            for (var f = 0u; f < V4; f++) { // unrolled
                sum[f] += scale * critic[agent * (2u * V4 + 1u) + V4 + f];
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
        let right = column_of(run, run.column + 3u * step + 3u);
        let at = agent_at(run.grid, run.row, run.column + 3u * step) * V4;
        for (var f = 0u; f < V4; f++) { // unrolled
            boxed[at + f] = left[f] + middle[f] + right[f];
        }
        left = middle;
        middle = right;
    }
}
