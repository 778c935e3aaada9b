// The directions in which each block moves, as bits; 0 where there is no block.
#import blocks, moves, positions

struct Args { grid: u32 }

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;      // (cells)
@group(0) @binding(3) var<storage, read_write> ways: array<u32>;  // (cells)

fn each(q: u32) {
    let row = q / hyper.width;
    let column = q % hyper.width;
    var found = 0u;
    if is_block(row, column) {
        found = moves(block_bits(0u, row, column), code_at(args.grid, row, column));
    }
    ways[q] = found;
}
