// Windows on grids. Needs a binding `states` (grids, cells): u32 colours.
#import cells

// The cell at a step of (k div 3 - 1, k mod 3 - 1) from a row and column, wrapping.
fn neighbour(row: u32, column: u32, k: u32) -> u32 {
    return beside(row, k / 3u, hyper.height) * hyper.width + beside(column, k % 3u, hyper.width);
}

// Where the search for a key in the table begins, before it is reduced to the table's size.
fn hash(key: u32) -> u32 {
    var h = key * 0x9E3779B1u;
    h ^= h >> 15u;
    h *= 0x85EBCA77u;
    return h ^ (h >> 13u);
}

// The key of a window: its nine colours as one integer, slot k worth 10^k.
fn window_key(grid: u32, window: u32) -> u32 {
    let row = window / hyper.columns + hyper.origin;
    let column = window % hyper.columns + hyper.origin;
    let base = grid * hyper.cells;
    var key = 0u;
    for (var k = 0u; k < SLOTS; k++) {
        key = key * COLOURS + states[base + neighbour(row, column, SLOTS - 1u - k)];
    }
    return key;
}
