// Writes each slot's agents in ascending order.
struct Args {
    n: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>; // (slots, LISTS)
@group(0) @binding(3) var<storage, read> list_start: array<u32>;  // (slots + 1)
@group(0) @binding(4) var<storage, read_write> list: array<u32>;  // (n)
@group(0) @binding(5) var<storage, read> counts: array<u32>;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let run = id.x;
    if counts[0] == 0u {
        return;
    }
    let width = (args.n + LISTS - 1u) / LISTS;
    let end = min((run + 1u) * width, args.n);
    for (var a = run * width; a < end; a++) {
        let slot = row_of_agent[a];
        let place = tally[slot * LISTS + run];
        tally[slot * LISTS + run] = place + 1u;
        list[list_start[slot] + place] = a;
    }
}
