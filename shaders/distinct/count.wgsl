// How many of each STRETCH agents in a row are the first with a key that is new.
#import firsts, listed

struct Args { agents: u32, table: u32 }

@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> row_from_entry: array<u32>;
@group(0) @binding(4) var<storage, read_write> firsts: array<u32>;
@group(0) @binding(5) var<storage, read> fresh: array<u32>; // (args.agents) where LISTED

fn each(block: u32) {
    let end = min(STRETCH * block + STRETCH, args.agents);
    var count = 0u;
    for (var a = STRETCH * block; a < end; a++) {
        count += select(0u, 1u, is_first(a, row_of_agent[agent_of(a)]));
    }
    firsts[block] = count;
}
