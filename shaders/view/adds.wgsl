// What z of one pixel is the sum of: W_k[vote_k] for each slot, 0 where there is no such window, and the bias.
struct Args {
    cell: u32,
    grid: u32, // whose proposals
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> proposals: array<u32>;         // (agents, 2)
@group(0) @binding(2) var<storage, read> aggregator: array<vec4<f32>>;  // (91, 3)
@group(0) @binding(3) var<storage, read_write> adds: array<vec4<f32>>; // (10, 3)

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) k: u32) {
    if k > 9u {
        return;
    }
    var row = 90u;
    if k < 9u {
        let v = vote(args.grid, args.cell / hyper.width, args.cell % hyper.width, k);
        row = 10u * k + v;
        if v == ABSENT {
            for (var j = 0u; j < 3u; j++) {
                adds[3u * k + j] = vec4(0.0);
            }
            return;
        }
    }
    for (var j = 0u; j < 3u; j++) {
        adds[3u * k + j] = aggregator[3u * row + j];
    }
}
