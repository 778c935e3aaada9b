// Each run's place within its slot's list, and the length of each list.
@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> tally: array<u32>;      // (slots, LISTS)
@group(0) @binding(3) var<storage, read_write> list_start: array<u32>; // (slots + 1), here: lengths

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let slot = flat_id(group, groups, lane);
    if slot >= counts[0] {
        return;
    }
    var before = 0u;
    for (var run = 0u; run < LISTS; run++) {
        let count = tally[slot * LISTS + run];
        tally[slot * LISTS + run] = before;
        before += count;
    }
    list_start[slot] = before;
}
