// What z of one pixel is the sum of: W_k[vote_k] for each slot, 0 where there is no such window, and the bias.
#import votes

struct Args { cell: u32, grid: u32 } // grid: whose proposals

@group(0) @binding(1) var<storage, read> proposals: array<u32>;         // (agents, 2)
@group(0) @binding(2) var<storage, read> aggregator: array<vec4<f32>>;  // (PAIRS + 1, COLOURS4)
@group(0) @binding(3) var<storage, read_write> adds: array<vec4<f32>>; // (SLOTS + 1, COLOURS4)

fn together(group: vec3<u32>, k: u32) {
    if k > SLOTS {
        return;
    }
    var row = PAIRS;
    if k < SLOTS {
        let v = vote(args.grid, args.cell / hyper.width, args.cell % hyper.width, k);
        row = COLOURS * k + v;
        if v == ABSENT {
            for (var j = 0u; j < COLOURS4; j++) {
                adds[COLOURS4 * k + j] = vec4(0.0);
            }
            return;
        }
    }
    for (var j = 0u; j < COLOURS4; j++) {
        adds[COLOURS4 * k + j] = aggregator[COLOURS4 * row + j];
    }
}
