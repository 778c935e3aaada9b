// The agents of a span that have no row, in their order.
struct Args { first: u32, agents: u32 }

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;   // (agents); UNSEEN
@group(0) @binding(2) var<storage, read> unseen: array<u32>;       // (args.agents / STRETCH + 1): how many are before each STRETCH
@group(0) @binding(3) var<storage, read_write> fresh: array<u32>;

fn each(block: u32) {
    var place = unseen[block];
    let end = unseen[block + 1u];
    for (var agent = args.first + STRETCH * block; place < end; agent++) {
        if row_of_agent[agent] == UNSEEN {
            fresh[place] = agent;
            place++;
        }
    }
}
