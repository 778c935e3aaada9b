// Puts every window's key in the table; each entry keeps the first agent that has it.
// An entry is (key + 1, n - first agent): 0 is empty, and the largest mark wins, so the result does not depend on
// the order of execution. An entry that has a row from an earlier evaluation keeps it, and its mark means nothing.
#import listed, window

struct Args { grids_first: u32, table: u32 } // table: entries in use, a power of two

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> grids: array<u32>;
@group(0) @binding(3) var<storage, read_write> table: array<atomic<u32>>; // (2, args.table)
@group(0) @binding(4) var<storage, read_write> row_of_agent: array<u32>;    // (agents), here: position in the table
@group(0) @binding(5) var<storage, read> row_from_entry: array<u32>;     // (args.table): row + 1; 0: none yet
@group(0) @binding(6) var<storage, read> fresh: array<u32>;               // (n) where LISTED: agents in their order

fn each(a: u32) {
    let agent = agent_of(a);
    let key = window_key(grids[args.grids_first + agent / hyper.windows], agent % hyper.windows) + 1u;
    let mask = args.table - 1u;
    var at = hash(key) & mask;
    for (var probe = 0u; probe < 2u * args.table; probe++) {
        let seen = atomicLoad(&table[at]);
        if seen == key {
            break;
        }
        if seen == 0u {
            let swap = atomicCompareExchangeWeak(&table[at], 0u, key);
            if swap.exchanged || swap.old_value == key {
                break;
            }
            if swap.old_value == 0u {
                continue;
            }
        }
        at = (at + 1u) & mask;
    }
    let mark = args.n - a;
    if row_from_entry[at] == 0u && atomicLoad(&table[args.table + at]) < mark {
        atomicMax(&table[args.table + at], mark);
    }
    row_of_agent[agent] = at;
}
