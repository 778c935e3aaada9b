// z of pixels in a row, before g's temperature; the two lanes past the tenth colour hold the log-sum-exp and the
// entropy of their softmax, after it.
#import scores, softmax, votes

struct Args { first: u32, grid: u32 } // first: the first pixel; grid: whose proposals

@group(0) @binding(1) var<storage, read> proposals: array<u32>;           // (agents, 2)
@group(0) @binding(2) var<storage, read> vote_sums: array<f32>;           // (3, THREE_VOTES, COLOURS)
@group(0) @binding(3) var<storage, read_write> scores: array<vec4<f32>>;  // (n, COLOURS4)

fn each(i: u32) {
    let cell = args.first + i;
    var votes: array<u32, SLOTS>;
    for (var k = 0u; k < SLOTS; k++) {
        votes[k] = vote(args.grid, cell / hyper.width, cell % hyper.width, k);
    }
    let s = scores_of(votes);
    let lse = log_sum_exp(s.z[0], s.z[1], s.z[2].xy);
    let a = s.z[0] - lse;
    let b = s.z[1] - lse;
    let c = s.z[2].xy - lse;
    let entropy = -(dot(exp(a), a) + dot(exp(b), b) + dot(exp(c), c));
    scores[COLOURS4 * i] = s.z[0] * hyper.aggregator_temperature;
    scores[COLOURS4 * i + 1u] = s.z[1] * hyper.aggregator_temperature;
    scores[COLOURS4 * i + 2u] = vec4(s.z[2].xy * hyper.aggregator_temperature, lse, entropy);
}
