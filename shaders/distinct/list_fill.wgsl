// Writes each row's agents in ascending order.
struct Args { agents: u32 }

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>; // (rows, LISTS)
@group(0) @binding(3) var<storage, read> list_start: array<u32>;  // (rows + 1)
@group(0) @binding(4) var<storage, read_write> list: array<u32>;  // (n)
@group(0) @binding(5) var<storage, read> counts: array<u32>;

fn each(run: u32) {
    if counts[FOUND] == 0u {
        return;
    }
    let width = (args.agents + LISTS - 1u) / LISTS;
    let end = min((run + 1u) * width, args.agents);
    for (var a = run * width; a < end; a++) {
        let row = row_of_agent[a];
        let place = tally[row * LISTS + run];
        tally[row * LISTS + run] = place + 1u;
        list[list_start[row] + place] = a;
    }
}
