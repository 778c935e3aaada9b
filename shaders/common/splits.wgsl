// Splits share out the bands of a tile's rows; each has sums of its own, which `backward/reduce` adds up.

fn rows_of_tile(rows: u32, tile: u32) -> u32 {
    return min(select(0u, rows - tile * TILE, rows > tile * TILE), TILE);
}

fn splits_in_use(rows: u32, tile: u32) -> u32 {
    return min((rows_of_tile(rows, tile) + BAND - 1u) / BAND, SPLITS);
}
