// What three slots' votes add to z: each third of the slots, with each of their votes, and the bias in the middle one.
// A pixel then takes three rows in place of nine.
#import leads

@group(0) @binding(1) var<storage, read> aggregator: array<f32>;          // (PAIRS + 1, PADDED)
@group(0) @binding(2) var<storage, read_write> vote_sums: array<f32>;  // (3, THREE_VOTES, COLOURS)
@group(0) @binding(3) var<storage, read_write> vote_leads: array<u32>; // (3, THREE_VOTES)

fn each(row: u32) {
    let third = row / THREE_VOTES;
    let votes = vec3(row % VOTES, row / VOTES % VOTES, row / (VOTES * VOTES) % VOTES);
    var colour = 0u;
    var top = -1e30;
    var second = -1e30;
    var least = 1e30;
    for (var c = 0u; c < COLOURS; c++) {
        var sum = select(0.0, aggregator[PADDED * PAIRS + c], third == 1u);
        for (var i = 0u; i < 3u; i++) { // unrolled
            // The bias is read in place of an absent vote, and left.
            let at = select(COLOURS * (3u * third + i) + votes[i], PAIRS, votes[i] == COLOURS);
            sum += select(aggregator[PADDED * at + c], 0.0, votes[i] == COLOURS);
        }
        vote_sums[COLOURS * row + c] = sum;
        colour = select(colour, c, sum > top);
        second = select(max(second, sum), top, sum > top);
        top = max(top, sum);
        least = min(least, sum);
    }
    vote_leads[row] = lead_word(colour, top - second, top - least);
}
