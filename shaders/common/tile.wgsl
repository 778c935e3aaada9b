// A tile of slots: TILE of them at most, nine tokens each. A row is one token of one slot: eight slots' first tokens are
// BAND rows in a row, then come their second ones, and so on. A quantity of so many features / 4 lies band by band, eight
// vec4s a feature: invocations next to each other read a line of a cache, and go on with the next line.
const BAND = 8u;

fn row_of(k: u32, s: u32) -> u32 {
    return (s / BAND * 9u + k) * BAND + s % BAND;
}

// Where features 4 f to 4 f + 3 of a row lie: those of a quantity of `width` features / 4 that begins at `first`.
fn place(first: u32, width: u32, row: u32, f: u32) -> u32 {
    return first * 9u * TILE + (row / BAND * width + f) * BAND + row % BAND;
}

// The same in a buffer that has one row a slot.
fn slot_place(first: u32, width: u32, s: u32, f: u32) -> u32 {
    return first * TILE + (s / BAND * width + f) * BAND + s % BAND;
}

// What invocation i works on, where every band of eight slots has `parts` parts: which part, and which slot of the tile.
// Past the last slot it is the last again, so that every lane helps to read weights.
struct Work {
    part: u32,
    s: u32,
}

fn work_of(i: u32, parts: u32, slots: u32, tile: u32) -> Work {
    let band = i / BAND;
    return Work(band % parts, min(band / parts * BAND + i % BAND, slots - tile * TILE - 1u));
}
