// Windows on grids. Needs a binding `states` (grids, cells): u32 colours.

// The cell at a step of (k div 3 - 1, k mod 3 - 1) from a row and column, wrapping.
fn neighbour(row: u32, column: u32, k: u32) -> u32 {
    return beside(row, k / 3u, hyper.height) * hyper.width + beside(column, k % 3u, hyper.width);
}

// The key of a window: its nine colours as one integer, slot k worth 10^k.
fn window_key(grid: u32, window: u32) -> u32 {
    let row = window / hyper.columns + hyper.origin;
    let column = window % hyper.columns + hyper.origin;
    let base = grid * hyper.cells;
    var key = 0u;
    for (var k = 0u; k < 9u; k++) {
        key = key * 10u + states[base + neighbour(row, column, 8u - k)];
    }
    return key;
}
