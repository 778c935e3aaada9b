// Zeroes the tallies of the rows in use.
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>; // (rows, LISTS)

fn each(row: u32) {
    for (var run = 0u; row < counts[FOUND] && run < LISTS; run++) {
        tally[row * LISTS + run] = 0u;
    }
}
