// Numbers the new distinct windows in the order of their first agents, after those known already: slots.
struct Args {
    agents: u32,
    n: u32,
    table: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> row_from_entry: array<u32>; // (args.table): slot + 1; 0: none yet
@group(0) @binding(5) var<storage, read_write> row_key: array<u32>;        // (slots)
@group(0) @binding(6) var<storage, read> counts: array<u32>;
@group(0) @binding(7) var<storage, read> fresh: array<u32>;                 // (args.agents) where LISTED

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = flat_id(group, groups, lane);
    let end = min(64u * block + 64u, args.agents);
    if 64u * block >= args.agents {
        return;
    }
    var slot = counts[5] + firsts[block];
    for (var a = 64u * block; a < end; a++) {
        let entry = row_of_agent[agent_of(a)];
        if is_first(a, entry) {
            row_from_entry[entry] = slot + 1u;
            row_key[slot] = table[entry] - 1u;
            slot++;
        }
    }
}
