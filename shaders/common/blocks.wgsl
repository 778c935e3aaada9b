// 2x2 blocks of a state, by their top-left corners. Needs a binding `states`.
#import cells

fn code_at(grid: u32, row: u32, column: u32) -> u32 {
    let below = wrapped(row + 1u, hyper.height);
    let right = wrapped(column + 1u, hyper.width);
    let base = grid * hyper.cells;
    return states[base + row * hyper.width + column]
        + COLOURS * (states[base + row * hyper.width + right]
        + COLOURS * (states[base + below * hyper.width + column]
        + COLOURS * states[base + below * hyper.width + right]));
}
