// What each pixel y does, as bits: d, whether y + d then has y's colour now; 8 + d, whether y + d has it now;
// 16 + d, whether y + d is inside; 24, whether y keeps its colour.
#import cells, positions

struct Args { grid: u32, next_grid: u32 }

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read_write> pixels: array<u32>; // (cells)

fn each(q: u32) {
    let cell = cell_of(q);
    let world = cell.grid;
    let row = cell.row;
    let column = cell.column;
    let now = (args.grid + world) * hyper.cells;
    let next = (args.next_grid + world) * hyper.cells;
    let here = row * hyper.width + column;
    let colour = states[now + here];
    var bits = select(0u, 1u << 24u, states[next + here] == colour);
    for (var d = 0u; d < hyper.directions; d++) {
        let to = shifted(row, column, direction(d));
        if to != OUTSIDE {
            let there = (to >> 16u) * hyper.width + (to & 0xffffu);
            bits |= select(0u, 1u << d, states[next + there] == colour);
            bits |= select(0u, 256u << d, states[now + there] == colour);
            bits |= 65536u << d;
        }
    }
    pixels[q] = bits;
}
