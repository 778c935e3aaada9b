// How many of each 64 agents in a row are the first with a key that is new.
struct Args {
    agents: u32,
    n: u32,
    table: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> row_from_entry: array<u32>;
@group(0) @binding(4) var<storage, read_write> firsts: array<u32>;
@group(0) @binding(5) var<storage, read> fresh: array<u32>; // (args.agents) where LISTED

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = flat_id(group, groups, lane);
    let end = min(64u * block + 64u, args.agents);
    if 64u * block >= args.agents {
        return;
    }
    var count = 0u;
    for (var a = 64u * block; a < end; a++) {
        count += select(0u, 1u, is_first(a, row_of_agent[agent_of(a)]));
    }
    firsts[block] = count;
}
