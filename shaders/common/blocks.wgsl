// 2x2 blocks of a state, by their top-left corners. Needs a binding `states`.

fn code_at(grid: u32, row: u32, column: u32) -> u32 {
    let below = (row + 1u) % hyper.height;
    let right = (column + 1u) % hyper.width;
    let base = grid * hyper.cells;
    return states[base + row * hyper.width + column]
        + 10u * states[base + row * hyper.width + right]
        + 100u * states[base + below * hyper.width + column]
        + 1000u * states[base + below * hyper.width + right];
}

fn of_one_colour(code: u32) -> bool {
    return code % 1111u == 0u;
}
