// Numbers the new distinct windows in the order of their first agents, after those known already: rows.
#import firsts, listed

struct Args { agents: u32, table: u32 }

@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> row_from_entry: array<u32>; // (args.table): row + 1; 0: none yet
@group(0) @binding(5) var<storage, read_write> row_key: array<u32>;        // (rows)
@group(0) @binding(6) var<storage, read> counts: array<u32>;
@group(0) @binding(7) var<storage, read> fresh: array<u32>;                 // (args.agents) where LISTED

fn each(block: u32) {
    let end = min(STRETCH * block + STRETCH, args.agents);
    var row = counts[KNOWN] + firsts[block];
    for (var a = STRETCH * block; a < end; a++) {
        let entry = row_of_agent[agent_of(a)];
        if is_first(a, entry) {
            row_from_entry[entry] = row + 1u;
            row_key[row] = table[entry] - 1u;
            row++;
        }
    }
}
