// Adds the splits' sums to the gradient of a block.
struct Args {
    n: u32,    // vec4s of the block
    out: u32,  // its place in the gradient, in vec4s
    tile: u32,   // whose slots the splits shared out
    splits: u32, // how many; 0: those in use for the tile
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> partial: array<vec4<f32>>;          // (splits, n)
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x;
    let splits = select(args.splits, splits_in_use(counts[0], args.tile), args.splits == 0u);
    if i >= args.n || counts[0] == 0u || splits == 0u {
        return;
    }
    var sum = vec4(0.0);
    for (var split = 0u; split < splits; split++) {
        sum += partial[split * args.n + i];
    }
    gradient[args.out + i] += sum;
}
