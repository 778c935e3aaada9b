// What later dispatches need to know of the slots that a look has found. Needs the bindings
// `counts`: new slots, stopped, distinct so far, -, known slots before, after; and
// `dispatch` (tiles, 4, 3): tokens, TOKENS together, heads, slots; see work_of.

// By one invocation. While one learns, none are left to do once the update has stopped early.
fn keep_found(found: u32, tiles: u32, learning: bool) {
    let slots = select(found, 0u, learning && counts[1] != 0u);
    counts[0] = slots;
    counts[4] = counts[5];
    counts[5] += found;
    if !learning {
        counts[2] += found;
    }
    for (var tile = 0u; tile < tiles; tile++) {
        let rest = select(0u, slots - tile * TILE, slots > tile * TILE);
        let bands = (min(rest, TILE) + 7u) / 8u; // eight to a workgroup
        for (var over = 0u; over < 4u; over++) {
            let parts = array<u32, 4>(9u, 9u / TOKENS, HEADS, 1u)[over];
            let at = 12u * tile + 3u * over;
            dispatch[at] = (bands * parts + 7u) / 8u;
            dispatch[at + 1u] = 1u;
            dispatch[at + 2u] = 1u;
        }
    }
}
