// Rows of a tile are shared out over lanes, "splits", each with sums of its own: more of them where there are more rows.
fn slots_of_tile(slots: u32, tile: u32) -> u32 {
    return min(select(0u, slots - tile * TILE, slots > tile * TILE), TILE);
}

fn splits_in_use(slots: u32, tile: u32) -> u32 {
    let n = slots_of_tile(slots, tile);
    return clamp((n + SPLIT_SLOTS - 1u) / SPLIT_SLOTS * 64u, 64u, SPLITS);
}
