// Every agent's row, in place of its position in the table; and what later dispatches need to know of the rows.
#import found, listed

struct Args { tiles: u32, learning: u32 }

@group(0) @binding(1) var<storage, read> row_from_entry: array<u32>;
@group(0) @binding(2) var<storage, read_write> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> dispatch: array<u32>;
@group(0) @binding(6) var<storage, read> fresh: array<u32>;          // (args.n) where LISTED

fn each(a: u32) {
    let agent = agent_of(a);
    row_of_agent[agent] = row_from_entry[row_of_agent[agent]] - 1u;
    if a == 0u {
        keep_found(firsts[(args.n + STRETCH - 1u) / STRETCH], args.tiles, args.learning == 1u);
    }
}
