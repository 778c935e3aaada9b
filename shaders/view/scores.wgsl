// z of pixels in a row, before g's temperature; the two lanes past the tenth colour hold the log-sum-exp and the
// entropy of their softmax, after it.
struct Args {
    first: u32, // the first pixel
    n: u32,
    grid: u32,  // whose proposals
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> proposals: array<u32>;           // (agents, 2)
@group(0) @binding(2) var<storage, read> vote_sums: array<f32>;           // (3, THREE_VOTES, 10)
@group(0) @binding(3) var<storage, read_write> scores: array<vec4<f32>>;  // (n, 3)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i >= args.n {
        return;
    }
    let cell = args.first + i;
    var votes: array<u32, 9>;
    for (var k = 0u; k < 9u; k++) {
        votes[k] = vote(args.grid, cell / hyper.width, cell % hyper.width, k);
    }
    let s = scores_of(votes);
    let lse = log_sum_exp(s.z[0], s.z[1], s.z[2].xy);
    let a = s.z[0] - lse;
    let b = s.z[1] - lse;
    let c = s.z[2].xy - lse;
    let entropy = -(dot(exp(a), a) + dot(exp(b), b) + dot(exp(c), c));
    scores[3u * i] = s.z[0] * hyper.aggregator_temperature;
    scores[3u * i + 1u] = s.z[1] * hyper.aggregator_temperature;
    scores[3u * i + 2u] = vec4(s.z[2].xy * hyper.aggregator_temperature, lse, entropy);
}
