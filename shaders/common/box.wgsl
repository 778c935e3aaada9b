// Means over the 3x3 windows at a distance around a window, of those that exist.
// An invocation has a run: RUN windows of a row, each `distance` from the last, so that it adds up each column once.
const NOWHERE = 0xffffffffu;

struct Run {
    grid: u32,   // its first agent
    row: u32,
    column: u32, // of the first window
}

fn run_of(i: u32, distance: u32) -> Run {
    let strands = min(distance, hyper.columns);
    let runs = strands * (((hyper.columns + distance - 1u) / distance + RUN - 1u) / RUN);
    let line = i / runs;
    let part = i % runs;
    let grid = line / hyper.rows;
    return Run(grid * hyper.windows, line - grid * hyper.rows, part / strands * RUN * distance + part % strands);
}

// The agent at a row and a column that may lie outside by a distance: below 0 it wraps to a large number, which is outside
// too. NOWHERE on a bounded grid's outside.
fn agent_at(grid: u32, row: u32, column: u32) -> u32 {
    var r = row;
    var c = column;
    if hyper.torus == 1u {
        r = wrapped(r + select(0u, hyper.rows, r > LARGE), hyper.rows);
        c = wrapped(c + select(0u, hyper.columns, c > LARGE), hyper.columns);
    } else if r >= hyper.rows || c >= hyper.columns {
        return NOWHERE;
    }
    return grid + r * hyper.columns + c;
}

const LARGE = 0x7fffffffu;

// How many of the nine exist.
fn count_beside(row: u32, column: u32, distance: u32) -> f32 {
    if hyper.torus == 1u {
        return 9.0;
    }
    let vertical = 1u + select(0u, 1u, row >= distance) + select(0u, 1u, row + distance < hyper.rows);
    let horizontal = 1u + select(0u, 1u, column >= distance) + select(0u, 1u, column + distance < hyper.columns);
    return f32(vertical * horizontal);
}
