// What later dispatches need to know of the rows that an evaluation has found. Needs bindings
// `counts` and `dispatch` (tiles, OVERS, 3): tokens, heads, rows; see work_of.

// By one invocation. While one learns, none are left to do once the update has stopped early.
fn keep_found(found: u32, tiles: u32, learning: bool) {
    let rows = select(found, 0u, learning && counts[STOPPED] != 0u);
    counts[FOUND] = rows;
    counts[KNOWN_BEFORE] = counts[KNOWN];
    counts[KNOWN] += found;
    if !learning {
        counts[DISTINCT] += found;
    }
    for (var tile = 0u; tile < tiles; tile++) {
        let rest = select(0u, rows - tile * TILE, rows > tile * TILE);
        let bands = (min(rest, TILE) + BAND - 1u) / BAND;
        for (var over = 0u; over < OVERS; over++) {
            let units = array<u32, OVERS>(SLOTS, HEADS, 1u)[over];
            let at = 3u * (OVERS * tile + over);
            dispatch[at] = (bands * units * BAND + LANES - 1u) / LANES;
            dispatch[at + 1u] = 1u;
            dispatch[at + 2u] = 1u;
        }
    }
}
