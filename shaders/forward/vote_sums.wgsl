// What three slots' votes add to z: each third of the slots, with each of their votes, and the bias in the middle one.
// A pixel then takes three rows in place of nine.
@group(0) @binding(1) var<storage, read> aggregator: array<f32>;          // (91, 12)
@group(0) @binding(2) var<storage, read_write> vote_sums: array<f32>;  // (3, THREE_VOTES, 10)
@group(0) @binding(3) var<storage, read_write> vote_leads: array<u32>; // (3, THREE_VOTES)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = flat_id(group, groups, lane);
    if row >= 3u * THREE_VOTES {
        return;
    }
    let third = row / THREE_VOTES;
    let votes = vec3(row % 11u, row / 11u % 11u, row / 121u % 11u);
    var colour = 0u;
    var top = -1e30;
    var second = -1e30;
    var least = 1e30;
    for (var c = 0u; c < 10u; c++) {
        var sum = select(0.0, aggregator[12u * 90u + c], third == 1u);
        for (var i = 0u; i < 3u; i++) { // unrolled
            // The bias is read in place of an absent vote, and left.
            let at = select(30u * third + 10u * i + votes[i], 90u, votes[i] == 10u);
            sum += select(aggregator[12u * at + c], 0.0, votes[i] == 10u);
        }
        vote_sums[10u * row + c] = sum;
        colour = select(colour, c, sum > top);
        second = select(max(second, sum), top, sum > top);
        top = max(top, sum);
        least = min(least, sum);
    }
    vote_leads[row] = lead_word(colour, top - second, top - least);
}
