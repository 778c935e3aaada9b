// Each run's place within its row's list, and the length of each list.
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>;      // (rows, LISTS)
@group(0) @binding(3) var<storage, read_write> list_start: array<u32>; // (rows + 1), here: lengths

fn each(row: u32) {
    if row >= counts[FOUND] {
        return;
    }
    var before = 0u;
    for (var run = 0u; run < LISTS; run++) {
        let count = tally[row * LISTS + run];
        tally[row * LISTS + run] = before;
        before += count;
    }
    list_start[row] = before;
}
