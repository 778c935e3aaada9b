// Arithmetic of cells on grids.

// Cell q of grids in a row: which grid, and where on it.
struct Cell {
    grid: u32,
    at: u32,
    row: u32,
    column: u32,
}

fn cell_of(q: u32) -> Cell {
    let at = q % hyper.cells;
    return Cell(q / hyper.cells, at, at / hyper.width, at % hyper.width);
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
