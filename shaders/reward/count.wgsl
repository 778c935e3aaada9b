// Counts each of the BLOCK_CODES blocks in S_t and in S_{t+1}.
#import blocks, cells, positions

struct Args { grid: u32, next_grid: u32 }

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read_write> histogram: array<atomic<u32>>; // (worlds, 2, BLOCK_CODES)

fn each(q: u32) {
    let cell = cell_of(q);
    let world = cell.grid;
    let row = cell.row;
    let column = cell.column;
    if is_block(row, column) {
        atomicAdd(&histogram[2u * world * BLOCK_CODES + code_at(args.grid + world, row, column)], 1u);
        atomicAdd(&histogram[(2u * world + 1u) * BLOCK_CODES + code_at(args.next_grid + world, row, column)], 1u);
    }
}
