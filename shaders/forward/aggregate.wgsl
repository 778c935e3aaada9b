// y_q ~ softmax(z_q): the next state, and each draw's log-probability. An invocation has four cells of a row, which
// share votes' words and one block of random numbers.
#import cells, leads, philox, scores, softmax, votes

struct Args {
    first: u32,       // four cells that are the first here, counted row by row
    first_grid: u32,
    next_grid: u32,
    step: u32,
    first_world: u32,
    greedy: u32,
}

@group(0) @binding(1) var<storage, read> proposals: array<u32>;              // (agents, 2)
@group(0) @binding(2) var<storage, read> vote_sums: array<f32>;              // (3, THREE_VOTES, COLOURS)
@group(0) @binding(3) var<storage, read> vote_leads: array<u32>;             // (3, THREE_VOTES)
@group(0) @binding(4) var<storage, read_write> states: array<u32>;           // (grids, cells)
@group(0) @binding(5) var<storage, read_write> colour_log_probs: array<f32>; // (grids, cells); only where LOG_PROBS

fn each(i: u32) {
    let in_row = (hyper.width + 3u) / 4u;
    let four = (args.first + i) % in_row;
    let row = (args.first + i) / in_row % hyper.height;
    let world = (args.first + i) / in_row / hyper.height;
    let left = 4u * four;
    let first = world * hyper.cells + row * hyper.width + left;
    let words = philox(
        vec4(args.step, args.first_world + world, row * in_row + four, 0u),
        vec2(hyper.seed, STREAM_COLOUR),
    );
    // The words of the windows around: row by row, six from the left one's to the right one's.
    var low: array<u32, 18>;
    var high: array<u32, 6>;
    var column = beside(left, 0u, hyper.width);
    for (var c = 0u; c < 6u; c++) { // unrolled
        let window_column = column - hyper.origin;
        for (var r = 0u; r < 3u; r++) { // unrolled
            let window_row = beside(row, r, hyper.height) - hyper.origin;
            let inside = window_row < hyper.rows && window_column < hyper.columns;
            let agent = (args.first_grid + world) * hyper.windows + window_row * hyper.columns + window_column;
            low[6u * r + c] = select(0xffffffffu, proposals[2u * agent], inside);
            if r == 0u && c < 4u {
                high[c] = select(ABSENT, proposals[2u * agent + 1u], inside);
            }
        }
        column = wrapped(column + 1u, hyper.width);
    }
    var upper: vec4<u32>;
    var middle: vec4<u32>;
    var lower: vec4<u32>;
    var colours = vec4(0u);
    var open = 15u; // cells whose draws take all scores
    for (var c = 0u; c < 4u; c++) { // unrolled
        upper[c] = three_votes(0u, low[14u + c] & 15u, low[13u + c] >> 4u & 15u, low[12u + c] >> 8u & 15u);
        middle[c] = three_votes(1u, low[8u + c] >> 12u & 15u, low[7u + c] >> 16u & 15u, low[6u + c] >> 20u & 15u);
        lower[c] = three_votes(2u, low[2u + c] >> 24u & 15u, low[1u + c] >> 28u, high[c]);
        if !LOG_PROBS {
            let likely = likely_colour(vote_leads[upper[c]], vote_leads[middle[c]], vote_leads[lower[c]]);
            let n = f32(words[c] >> 9u);
            let sure = n >= likely.others && n < 8388608.0 - likely.others && args.greedy == 0u;
            colours[c] = likely.colour;
            open &= ~select(0u, 1u << c, sure);
        }
    }
    while open != 0u {
        let c = firstTrailingBit(open);
        open &= open - 1u;
        let s = scores_from_votes(upper[c], middle[c], lower[c]);
        let top = max(max(max_lane(s.z[0]), max_lane(s.z[1])), max(s.z[2].x, s.z[2].y));
        let pa = exp(s.z[0] - top);
        let pb = exp(s.z[1] - top);
        let pc = exp(s.z[2].xy - top);
        let sum = sum_lanes(pa) + sum_lanes(pb) + pc.x + pc.y;
        let drawn = draw(pa, pb, pc, unit_from_word(words[c]) * sum);
        let colour = select(drawn, argmax(s.z[0], s.z[1], s.z[2].xy), args.greedy == 1u);
        colours = select(colours, vec4(colour), vec4(c) == vec4(0u, 1u, 2u, 3u));
        if LOG_PROBS {
            if left + c < hyper.width {
                let log_prob = pick(s.z[0], s.z[1], s.z[2], colour) - top - log(sum);
                colour_log_probs[args.first_grid * hyper.cells + first + c] = log_prob;
            }
        }
    }
    for (var c = 0u; c < 4u; c++) { // unrolled
        if left + c < hyper.width {
            states[args.next_grid * hyper.cells + first + c] = colours[c];
        }
    }
}
