// Rows of a tile are shared out over "splits", each with sums of its own: more of them where there are more rows. A split
// is an invocation, or, in the kernels `…_by_lanes`, a subgroup of eight.

fn rows_of_tile(rows: u32, tile: u32) -> u32 {
    return min(select(0u, rows - tile * TILE, rows > tile * TILE), TILE);
}

fn splits_in_use(rows: u32, tile: u32) -> u32 {
    let n = rows_of_tile(rows, tile);
    return min((n + SPLIT_ROWS - 1u) / SPLIT_ROWS * SPLIT_STEP, MOST_SPLITS);
}
