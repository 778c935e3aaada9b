// The agents of a span that have no slot, in their order.
struct Args {
    first: u32,
    agents: u32,
    n: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;   // (agents); UNSEEN
@group(0) @binding(2) var<storage, read> unseen: array<u32>;       // (args.agents / 64 + 1): how many are before each 64
@group(0) @binding(3) var<storage, read_write> fresh: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = flat_id(group, groups, lane);
    if 64u * block >= args.agents {
        return;
    }
    var place = unseen[block];
    let end = unseen[block + 1u];
    for (var agent = args.first + 64u * block; place < end; agent++) {
        if row_of_agent[agent] == UNSEEN {
            fresh[place] = agent;
            place++;
        }
    }
}
