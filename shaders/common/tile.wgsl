// A tile: TILE rows at most of the table of distinct windows, of SLOTS tokens each. Tokens are numbered in bands of BAND rows:
// the band's first tokens, then its second ones, and so on. A quantity of so many features / 4 lies band by band, BAND vec4s
// a feature: invocations next to each other read a line of a cache, and go on with the next line.

// The number of token k of the tile's row r.

fn token_of(k: u32, r: u32) -> u32 {
    return (r / BAND * SLOTS + k) * BAND + r % BAND;
}

// Where features 4 f to 4 f + 3 of a token lie: those of a quantity of `width` features / 4 that begins at `first`.
fn place(first: u32, width: u32, token: u32, f: u32) -> u32 {
    return first * SLOTS * TILE + (token / BAND * width + f) * BAND + token % BAND;
}

// The same in a buffer that has one place a row.
fn row_place(first: u32, width: u32, r: u32, f: u32) -> u32 {
    return first * TILE + (r / BAND * width + f) * BAND + r % BAND;
}

// What invocation i works on, where each row has `units` units (tokens, heads): which unit, and which row of the tile.
// Past the last row it is the last again, for which the same is written.
struct Work {
    unit: u32,
    row: u32,
}

fn work_of(i: u32, units: u32, rows: u32, tile: u32) -> Work {
    let band = i / BAND;
    return Work(band % units, min(band / units * BAND + i % BAND, rows - tile * TILE - 1u));
}
