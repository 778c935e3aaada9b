// The slot of every agent of a span whose window is known, and how many of each 64 others there are. An invocation has
// four windows of a row, which share cells.
struct Args {
    first: u32, // the span's first agent, which is the first of a row
    agents: u32,
    n: u32,
    grid: u32,
    table: u32, // entries in use, a power of two
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> row_from_entry: array<u32>;
@group(0) @binding(4) var<storage, read_write> row_of_agent: array<u32>;         // (agents); UNSEEN
@group(0) @binding(5) var<storage, read_write> unseen: array<atomic<u32>>;     // (n / 64), all 0 before

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let at = divided(flat_id(group, groups, lane), (hyper.columns + 3u) / 4u);
    let row = args.first / hyper.columns + at.quotient;
    let left = 4u * at.remainder;
    let agent = row * hyper.columns + left;
    if agent >= args.first + args.agents {
        return;
    }
    var rows: array<array<u32, 6>, 3>;
    var column = beside(left + hyper.origin, 0u, hyper.width);
    for (var c = 0u; c < 6u; c++) { // unrolled
        for (var r = 0u; r < 3u; r++) { // unrolled
            let cells = args.grid * hyper.cells + beside(row + hyper.origin, r, hyper.height) * hyper.width;
            rows[r][c] = states[cells + column];
        }
        column = wrapped(column + 1u, hyper.width);
    }
    var open = 0u;
    for (var c = 0u; c < 4u; c++) { // unrolled
        let upper = rows[0][c] + 10u * rows[0][c + 1u] + 100u * rows[0][c + 2u];
        let middle = rows[1][c] + 10u * rows[1][c + 1u] + 100u * rows[1][c + 2u];
        let lower = rows[2][c] + 10u * rows[2][c + 1u] + 100u * rows[2][c + 2u];
        let key = upper + 1000u * middle + 1000000u * lower + 1u;
        var entry = hash(key);
        var seen = 0u;
        loop {
            entry &= args.table - 1u;
            seen = table[entry];
            entry += 1u;
            continuing {
                break if seen == key || seen == 0u;
            }
        }
        // An empty entry has no slot.
        let slot = row_from_entry[entry - 1u] - 1u;
        if left + c < hyper.columns {
            row_of_agent[agent + c] = slot;
            open |= select(0u, 1u << c, slot == UNSEEN);
        }
    }
    while open != 0u {
        atomicAdd(&unseen[(agent + firstTrailingBit(open) - args.first) / 64u], 1u);
        open &= open - 1u;
    }
}
