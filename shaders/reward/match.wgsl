// How many blocks go each way and no other.
#import blocks, cells, moves, positions

struct Args { grid: u32 }

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;                 // (cells)
@group(0) @binding(3) var<storage, read_write> headings: array<atomic<u32>>; // (worlds, DIRECTIONS)

fn each(q: u32) {
    let cell = cell_of(q);
    let world = cell.grid;
    let row = cell.row;
    let column = cell.column;
    if is_block(row, column) {
        let bits = block_bits(world, row, column);
        let matches = all_of(bits) & 255u;
        if countOneBits(matches) == 1u && moves(bits, code_at(args.grid + world, row, column)) != 0u {
            atomicAdd(&headings[world * DIRECTIONS + firstTrailingBit(matches)], 1u);
        }
    }
}
