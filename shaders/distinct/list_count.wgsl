// How many agents of each of LISTS runs of agents each row has: a stable counting sort of agents by row.
struct Args { agents: u32 }

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>; // (rows, LISTS), all 0 before
@group(0) @binding(3) var<storage, read> counts: array<u32>;

fn each(run: u32) {
    if counts[FOUND] == 0u {
        return;
    }
    let width = (args.agents + LISTS - 1u) / LISTS;
    let end = min((run + 1u) * width, args.agents);
    for (var a = run * width; a < end; a++) {
        tally[row_of_agent[a] * LISTS + run] += 1u;
    }
}
