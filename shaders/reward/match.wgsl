// How many blocks go each way and no other.
struct Args {
    n: u32, // cells
    grid: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;                 // (cells)
@group(0) @binding(3) var<storage, read_write> headings: array<atomic<u32>>; // (worlds, 8)

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
        let bits = block_bits(world, row, column);
        let matches = all_of(bits) & 255u;
        if countOneBits(matches) == 1u && moves(bits, code_at(args.grid + world, row, column)) != 0u {
            atomicAdd(&headings[world * 8u + firstTrailingBit(matches)], 1u);
        }
    }
}
