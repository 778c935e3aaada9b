// A row for every agent, whatever its window: what looking for distinct windows is measured against.
#import found, window

struct Args {
    first: u32, // agent of the chunk that is agent 0 here
    grids_first: u32,
    tiles: u32,
    learning: u32,
}

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> grids: array<u32>;
@group(0) @binding(3) var<storage, read_write> row_of_agent: array<u32>; // (agents)
@group(0) @binding(4) var<storage, read_write> row_key: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<u32>;
@group(0) @binding(6) var<storage, read_write> dispatch: array<u32>;

fn each(a: u32) {
    let agent = args.first + a;
    row_of_agent[agent] = a;
    row_key[a] = window_key(grids[args.grids_first + agent / hyper.windows], agent % hyper.windows);
    if a == 0u {
        keep_found(args.n, args.tiles, args.learning == 1u);
    }
}
