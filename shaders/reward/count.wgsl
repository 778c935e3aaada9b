// Counts each of the 10,000 blocks in S_t and in S_{t+1}.
struct Args {
    n: u32, // cells
    grid: u32,
    next_grid: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read_write> histogram: array<atomic<u32>>; // (worlds, 2, 10000)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let q = flat_id(group, groups, lane);
    if q >= args.n {
        return;
    }
    let cell = cell_of(q);
    let world = cell.grid;
    let row = cell.row;
    let column = cell.column;
    if is_block(row, column) {
        atomicAdd(&histogram[world * 20000u + code_at(args.grid + world, row, column)], 1u);
        atomicAdd(&histogram[world * 20000u + 10000u + code_at(args.next_grid + world, row, column)], 1u);
    }
}
