// What `count`, `scan`, `assign` and `agents` do, by one workgroup: where agents are few, dispatches are what costs.
#import firsts, found, listed

struct Args { agents: u32, table: u32, tiles: u32, learning: u32 }

@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read_write> row_of_agent: array<u32>;      // (agents), before: position in the table
@group(0) @binding(3) var<storage, read_write> row_from_entry: array<u32>; // (args.table): row + 1; 0: none yet
@group(0) @binding(4) var<storage, read_write> row_key: array<u32>;        // (rows)
@group(0) @binding(5) var<storage, read_write> counts: array<u32>;
@group(0) @binding(6) var<storage, read_write> dispatch: array<u32>;
@group(0) @binding(7) var<storage, read> fresh: array<u32>;                 // (args.agents) where LISTED

var<workgroup> partial: array<u32, LANES>;

fn together(group: vec3<u32>, lane: u32) {
    let width = (args.agents + LANES - 1u) / LANES;
    let begin = min(lane * width, args.agents);
    let end = min(begin + width, args.agents);
    var mine = 0u;
    for (var a = begin; a < end; a++) {
        mine += select(0u, 1u, is_first(a, row_of_agent[agent_of(a)]));
    }
    partial[lane] = mine;
    workgroupBarrier();
    var row = counts[KNOWN];
    var found = 0u;
    for (var other = 0u; other < LANES; other++) {
        row += select(0u, partial[other], other < lane);
        found += partial[other];
    }
    for (var a = begin; a < end; a++) {
        let entry = row_of_agent[agent_of(a)];
        if is_first(a, entry) {
            row_from_entry[entry] = row + 1u;
            row_key[row] = table[entry] - 1u;
            row++;
        }
    }
    storageBarrier();
    for (var a = lane; a < args.agents; a += LANES) {
        let agent = agent_of(a);
        row_of_agent[agent] = row_from_entry[row_of_agent[agent]] - 1u;
    }
    if lane == 0u {
        keep_found(found, args.tiles, args.learning == 1u);
    }
}
