// Zeroes the tallies of the slots in use.
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>; // (slots, LISTS)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let slot = flat_id(group, groups, lane);
    if slot >= counts[0] {
        return;
    }
    for (var run = 0u; run < LISTS; run++) {
        tally[slot * LISTS + run] = 0u;
    }
}
