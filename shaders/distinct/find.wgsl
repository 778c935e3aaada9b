// The row of every agent of a span whose window is known, and how many of each STRETCH others there are. An invocation has
// four windows of a row, which share cells.
#import cells, window

const THREE_COLOURS = COLOURS * COLOURS * COLOURS;

struct Args {
    first: u32, // the span's first agent, which is the first of a row
    agents: u32,
    grid: u32,
    table: u32, // entries in use, a power of two
}

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> row_from_entry: array<u32>;
@group(0) @binding(4) var<storage, read_write> row_of_agent: array<u32>;         // (agents); UNSEEN
@group(0) @binding(5) var<storage, read_write> unseen: array<atomic<u32>>;     // (agents / STRETCH), all 0 before

fn each(i: u32) {
    let in_row = (hyper.columns + 3u) / 4u;
    let row = args.first / hyper.columns + i / in_row;
    let left = 4u * (i % in_row);
    let agent = row * hyper.columns + left;
    if agent >= args.first + args.agents {
        return;
    }
    var rows: array<array<u32, 6>, 3>;
    var column = beside(left + hyper.origin, 0u, hyper.width);
    for (var c = 0u; c < 6u; c++) { // unrolled
        for (var r = 0u; r < 3u; r++) { // unrolled
            let cells = args.grid * hyper.cells + beside(row + hyper.origin, r, hyper.height) * hyper.width;
            rows[r][c] = states[cells + column];
        }
        column = wrapped(column + 1u, hyper.width);
    }
    var open = 0u;
    for (var c = 0u; c < 4u; c++) { // unrolled
        let upper = rows[0][c] + COLOURS * (rows[0][c + 1u] + COLOURS * rows[0][c + 2u]);
        let middle = rows[1][c] + COLOURS * (rows[1][c + 1u] + COLOURS * rows[1][c + 2u]);
        let lower = rows[2][c] + COLOURS * (rows[2][c + 1u] + COLOURS * rows[2][c + 2u]);
        let key = upper + THREE_COLOURS * (middle + THREE_COLOURS * lower) + 1u;
        var entry = hash(key);
        var seen = 0u;
        loop {
            entry &= args.table - 1u;
            seen = table[entry];
            entry += 1u;
            continuing {
                break if seen == key || seen == 0u;
            }
        }
        // An empty entry has no row.
        let known = row_from_entry[entry - 1u] - 1u;
        if left + c < hyper.columns {
            row_of_agent[agent + c] = known;
            open |= select(0u, 1u << c, known == UNSEEN);
        }
    }
    while open != 0u {
        atomicAdd(&unseen[(agent + firstTrailingBit(open) - args.first) / STRETCH], 1u);
        open &= open - 1u;
    }
}
