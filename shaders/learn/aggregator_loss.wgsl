// g's clipped loss at every pixel, with the advantage of the pixel's own window (of the nearest, on a bounded grid's
// border), and its gradient by z.
#import cells, loss, scores, softmax, votes

struct Args { grids_first: u32, total: u32 } // total: cells of the minibatch

@group(0) @binding(1) var<storage, read> grids: array<u32>;
@group(0) @binding(2) var<storage, read> states: array<u32>;
@group(0) @binding(3) var<storage, read> proposals: array<u32>;        // (rollout agents, 2)
@group(0) @binding(4) var<storage, read> colour_log_probs: array<f32>; // (rollout cells)
@group(0) @binding(5) var<storage, read> advantages: array<f32>;       // (rollout agents)
@group(0) @binding(6) var<storage, read> returns: array<f32>;
@group(0) @binding(7) var<storage, read> vote_sums: array<f32>;        // (3, THREE_VOTES, COLOURS)
@group(0) @binding(8) var<storage, read_write> dz: array<vec4<f32>>;   // (cells, 4): dz; votes as bits
@group(0) @binding(9) var<storage, read_write> statistics: array<vec4<f32>>; // (cells): loss, entropy

fn each(q: u32) {
    let at = cell_of(q);
    let grid = grids[args.grids_first + at.grid];
    let cell = at.at;
    let row = at.row;
    let column = at.column;
    var votes: array<u32, SLOTS>;
    var low = 0u;
    for (var k = 0u; k < SLOTS; k++) { // unrolled
        votes[k] = vote(grid, row, column, k);
        if k < 8u {
            low |= votes[k] << (4u * (k % 8u));
        }
    }
    let s = scores_of(votes);
    let lse = log_sum_exp(s.z[0], s.z[1], s.z[2].xy);
    let la = s.z[0] - lse;
    let lb = s.z[1] - lse;
    let lc = s.z[2] - lse;
    let pa = exp(la);
    let pb = exp(lb);
    let pc = vec4(exp(lc.xy), 0.0, 0.0);
    let entropy = -(dot(pa, la) + dot(pb, lb) + dot(pc.xy, lc.xy));
    let window_row = min(max(row, hyper.origin) - hyper.origin, hyper.rows - 1u);
    let window_column = min(max(column, hyper.origin) - hyper.origin, hyper.columns - 1u);
    let agent = grid * hyper.windows + window_row * hyper.columns + window_column;
    let colour = states[(grid + hyper.worlds) * hyper.cells + cell];
    let ratio = exp(pick(la, lb, lc, colour) - colour_log_probs[grid * hyper.cells + cell]);
    let clipped = clipped_loss(ratio, advantages[agent]);
    let dlogp = clipped.dlogp;
    let scale = 1.0 / (f32(args.total) * hyper.aggregator_temperature);
    dz[4u * q] = scale * (dlogp * (one_hot(colour, 0u) - pa) + hyper.entropy_coef * pa * (la + entropy));
    dz[4u * q + 1u] = scale * (dlogp * (one_hot(colour, 4u) - pb) + hyper.entropy_coef * pb * (lb + entropy));
    let tail = scale * (dlogp * (one_hot(colour, 8u) - pc) + hyper.entropy_coef * pc * (lc + entropy));
    dz[4u * q + 2u] = vec4(tail.xy, 0.0, 0.0);
    dz[4u * q + 3u] = vec4(bitcast<f32>(low & 0xffffu), bitcast<f32>(low >> 16u), bitcast<f32>(votes[8]), 0.0);
    statistics[q] = vec4(clipped.loss, entropy, 0.0, 0.0);
}
