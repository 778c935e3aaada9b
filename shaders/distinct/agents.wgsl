// Every agent's slot, in place of its position in the table; and what later dispatches need to know of the slots.
struct Args {
    n: u32,
    tiles: u32,
    learning: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_from_entry: array<u32>;
@group(0) @binding(2) var<storage, read_write> row_of_agent: array<u32>;
@group(0) @binding(3) var<storage, read> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> dispatch: array<u32>;
@group(0) @binding(6) var<storage, read> fresh: array<u32>;          // (args.n) where LISTED

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a < args.n {
        let agent = agent_of(a);
        row_of_agent[agent] = row_from_entry[row_of_agent[agent]] - 1u;
    }
    if a == 0u {
        keep_found(firsts[(args.n + 63u) / 64u], args.tiles, args.learning == 1u);
    }
}
