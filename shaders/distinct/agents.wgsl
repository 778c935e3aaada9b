// Every agent's slot, in place of its position in the table; and what later dispatches need to know of the slots.
struct Args {
    n: u32,
    tiles: u32,
    learning: u32, // 1: none are left to do once the update has stopped early
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> slot_from_entry: array<u32>;
@group(0) @binding(2) var<storage, read_write> agent_slot: array<u32>;
@group(0) @binding(3) var<storage, read> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;   // new slots, stopped, distinct so far, -, known slots before, after
@group(0) @binding(5) var<storage, read_write> dispatch: array<u32>; // (tiles, 4, 3): tokens, TOKENS together, heads, slots; see work_of
@group(0) @binding(6) var<storage, read> fresh: array<u32>;          // (args.n) where LISTED

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a < args.n {
        let agent = agent_of(a);
        agent_slot[agent] = slot_from_entry[agent_slot[agent]] - 1u;
    }
    if a == 0u {
        let stopped = args.learning == 1u && counts[1] != 0u;
        let found = firsts[(args.n + 63u) / 64u];
        let slots = select(found, 0u, stopped);
        counts[0] = slots;
        counts[4] = counts[5];
        counts[5] += found;
        if args.learning == 0u {
            counts[2] += found;
        }
        for (var tile = 0u; tile < args.tiles; tile++) {
            let rest = select(0u, slots - tile * TILE, slots > tile * TILE);
            let bands = (min(rest, TILE) + 7u) / 8u; // eight to a workgroup
            for (var over = 0u; over < 4u; over++) {
                let parts = array<u32, 4>(9u, 9u / TOKENS, HEADS, 1u)[over];
                let at = 12u * tile + 3u * over;
                dispatch[at] = (bands * parts + 7u) / 8u;
                dispatch[at + 1u] = 1u;
                dispatch[at + 2u] = 1u;
            }
        }
    }
}
