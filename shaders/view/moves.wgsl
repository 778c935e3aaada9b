// The directions in which each block moves, as bits; 0 where there is no block.
struct Args {
    n: u32, // cells
    grid: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;      // (cells)
@group(0) @binding(3) var<storage, read_write> ways: array<u32>;  // (cells)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let q = flat_id(group, groups, lane);
    if q >= args.n {
        return;
    }
    let row = q / hyper.width;
    let column = q % hyper.width;
    var found = 0u;
    if is_block(row, column) {
        found = moves(block_bits(0u, row, column), code_at(args.grid, row, column));
    }
    ways[q] = found;
}
