// How many agents of each of LISTS runs of agents each slot has: a stable counting sort of agents by slot.
struct Args {
    n: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>; // (slots, LISTS), all 0 before
@group(0) @binding(3) var<storage, read> counts: array<u32>;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let run = id.x;
    if counts[0] == 0u {
        return;
    }
    let width = (args.n + LISTS - 1u) / LISTS;
    let end = min((run + 1u) * width, args.n);
    for (var a = run * width; a < end; a++) {
        tally[row_of_agent[a] * LISTS + run] += 1u;
    }
}
