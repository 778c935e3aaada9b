// Every reward term at every block or pixel (`spec::terms` has each in f64), and their weighted sums. `block_terms` and
// `pixel_terms` call the functions of all terms, `reward_NAME` of `terms/NAME.wgsl`: Rust writes them from its list.
#import blocks, cells, moves, positions, reward/each_term

struct Args { grid: u32, next_grid: u32 }

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;               // (cells)
@group(0) @binding(3) var<storage, read> headings: array<u32>;             // (worlds, DIRECTIONS)
@group(0) @binding(4) var<storage, read> histogram: array<u32>;            // (worlds, 2, BLOCK_CODES)
@group(0) @binding(5) var<storage, read> target_picture: array<u32>;       // (cells)
@group(0) @binding(6) var<storage, read_write> terms: array<vec4<f32>>;    // (cells, TERM_QUADS)
@group(0) @binding(7) var<storage, read_write> rewards: array<vec2<f32>>;  // (cells): weighted block terms, pixel terms

// What the function of a block's term is told: the block whose upper left cell is (row, column), over one transition.
struct Block {
    world: u32,        // S_t is grid args.grid + world of `states`, S_{t+1} grid args.next_grid + world
    row: u32,
    column: u32,
    code: u32,         // its colours before: see code_at
    bits: vec4<u32>,   // of its pixels: see reward/pixels
    matches: u32,      // bit d: it is found again in direction d
    moving: u32,       // those of them where something else was; 0 where it does not leave
    leaves: bool,      // it is not of one colour, and not where it was
    count: f32,        // blocks of the grid, N
    alike_before: f32, // of those, how many equal it in S_t
    chance: f32,       // the share of the other positions that hold it in S_{t+1}, at most 1
}

// What the function of a pixel's term is told.
struct Pixel {
    after: u32,   // its colour in S_{t+1}
    picture: u32, // the target picture's
}

fn block_at(world: u32, row: u32, column: u32) -> Block {
    let code = code_at(args.grid + world, row, column);
    let bits = block_bits(world, row, column);
    let n = f32(block_count());
    let before = f32(histogram[world * 2u * BLOCK_CODES + code]);
    let after = f32(histogram[(world * 2u + 1u) * BLOCK_CODES + code]);
    return Block(
        world,
        row,
        column,
        code,
        bits,
        all_of(bits) & 255u,
        moves(bits, code),
        !of_one_colour(code) && (all_of(bits) >> 24u) == 0u,
        n,
        before,
        min(after / max(n - 1.0, 1.0), 1.0),
    );
}

fn each(q: u32) {
    let cell = cell_of(q);
    var blocks: array<vec4<f32>, TERM_QUADS>;
    if is_block(cell.row, cell.column) {
        blocks = block_terms(block_at(cell.grid, cell.row, cell.column));
    }
    let next = states[(args.next_grid + cell.grid) * hyper.cells + cell.at];
    let of_pixel = pixel_terms(Pixel(next, target_picture[cell.at]));
    var sum = vec2(0.0);
    for (var i = 0u; i < TERM_QUADS; i++) { // unrolled
        terms[TERM_QUADS * q + i] = blocks[i] + of_pixel[i];
        sum += vec2(dot(hyper.block_weights[i], blocks[i]), dot(hyper.pixel_weights[i], of_pixel[i]));
    }
    rewards[q] = sum;
}
