// y_q ~ softmax(z_q): the next state, and each draw's log-probability.
struct Args {
    first: u32,       // cell that is cell 0 here
    n: u32,           // cells
    first_grid: u32,
    next_grid: u32,
    step: u32,
    first_world: u32,
    greedy: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> proposals: array<u32>;              // (agents, 2)
@group(0) @binding(2) var<storage, read> aggregator: array<vec4<f32>>;       // (91, 3)
@group(0) @binding(3) var<storage, read_write> states: array<u32>;           // (grids, cells)
@group(0) @binding(4) var<storage, read_write> colour_log_probs: array<f32>; // (grids, cells)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i >= args.n {
        return;
    }
    let q = args.first + i;
    let cell = q % hyper.cells;
    let world = q / hyper.cells;
    var votes: array<u32, 9>;
    for (var k = 0u; k < 9u; k++) {
        votes[k] = vote(args.first_grid + world, cell / hyper.width, cell % hyper.width, k);
    }
    let s = scores_from_votes(&votes);
    let lse = log_sum_exp(s.z[0], s.z[1], s.z[2].xy);
    var colour: u32;
    if args.greedy == 1u {
        colour = argmax(s.z[0], s.z[1], s.z[2].xy);
    } else {
        let words = philox(vec4(args.step, args.first_world + world, cell, 0u), vec2(hyper.seed, STREAM_COLOUR));
        colour = draw(exp(s.z[0] - lse), exp(s.z[1] - lse), exp(s.z[2].xy - lse), unit_from_word(words.x));
    }
    states[(args.next_grid + world) * hyper.cells + cell] = colour;
    colour_log_probs[args.first_grid * hyper.cells + q] = pick(s.z[0], s.z[1], s.z[2], colour) - lse;
}
