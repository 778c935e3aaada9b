// The row of `vote_sums` for the votes of three slots, the first, second or last three: there are VOTES each,
// the last for absent ones.

fn three_votes(third: u32, a: u32, b: u32, c: u32) -> u32 {
    return THREE_VOTES * third + min(a, COLOURS) + VOTES * (min(b, COLOURS) + VOTES * min(c, COLOURS));
}

// z_q = b + sum over k of W_k[vote_k], the temperature applied; colours 10 and 11 do not exist.
// Needs a binding `vote_sums` (3, THREE_VOTES, COLOURS), of which it takes these rows.
struct Scores {
    z: array<vec4<f32>, 3>,
}

fn scores_from_votes(upper: u32, middle: u32, lower: u32) -> Scores {
    var z: array<f32, COLOURS>;
    for (var c = 0u; c < COLOURS; c++) { // unrolled
        let sum = vote_sums[COLOURS * upper + c] + vote_sums[COLOURS * middle + c] + vote_sums[COLOURS * lower + c];
        z[c] = sum / hyper.aggregator_temperature;
    }
    return Scores(array<vec4<f32>, 3>(
        vec4(z[0], z[1], z[2], z[3]),
        vec4(z[4], z[5], z[6], z[7]),
        vec4(z[8], z[9], -1e30, -1e30),
    ));
}

fn scores_of(votes: array<u32, SLOTS>) -> Scores {
    return scores_from_votes(
        three_votes(0u, votes[0], votes[1], votes[2]),
        three_votes(1u, votes[3], votes[4], votes[5]),
        three_votes(2u, votes[6], votes[7], votes[8]),
    );
}
