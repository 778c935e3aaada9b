// Rows of a tile are shared out over "splits", each with sums of its own: more of them where there are more rows. A split
// is an invocation, or, in the kernels `…_by_lanes`, a subgroup of eight.
fn slots_of_tile(slots: u32, tile: u32) -> u32 {
    return min(select(0u, slots - tile * TILE, slots > tile * TILE), TILE);
}

fn splits_in_use(slots: u32, tile: u32) -> u32 {
    let n = slots_of_tile(slots, tile);
    return min((n + SPLIT_SLOTS - 1u) / SPLIT_SLOTS * SPLIT_STEP, MOST_SPLITS);
}
