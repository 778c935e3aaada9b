// Arithmetic of cells on grids.

// i div n and i modulo n, for i below 2^31 and quotients below 2^21: division is slow on a software device, which takes
// lane by lane what it has no instruction for.
struct Divided {
    quotient: u32,
    remainder: u32,
}

fn divided(i: u32, n: u32) -> Divided {
    // At most one too large or too small.
    let quotient = u32(f32(i32(i)) / f32(i32(n)));
    let rest = bitcast<i32>(i - quotient * n);
    let off = select(select(0, 1, rest >= i32(n)), -1, rest < 0);
    return Divided(bitcast<u32>(i32(quotient) + off), bitcast<u32>(rest - off * i32(n)));
}

// Cell q of grids in a row: which grid, and where on it.
struct Cell {
    grid: u32,
    at: u32,
    row: u32,
    column: u32,
}

fn cell_of(q: u32) -> Cell {
    let in_grid = divided(q, hyper.cells);
    let in_row = divided(in_grid.remainder, hyper.width);
    return Cell(in_grid.quotient, in_grid.remainder, in_row.quotient, in_row.remainder);
}

// i modulo n, for i below 2 n.
fn wrapped(i: u32, n: u32) -> u32 {
    return select(i, i - n, i >= n);
}

// i + d - 1 modulo n, for d in 0..2.
fn beside(i: u32, d: u32, n: u32) -> u32 {
    let next = i + d;
    return select(select(next - 1u, next - 1u - n, next > n), n - 1u, next == 0u);
}
