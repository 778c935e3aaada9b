// Adds the splits' sums to the gradient of a block: a workgroup has a vec4.
#import splits, summed

struct Args {
    n: u32,      // vec4s of the block
    out: u32,    // its place in the gradient, in vec4s
    tile: u32,   // whose rows the splits shared out
    splits: u32, // how many; 0: those in use for the tile
}

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> partial: array<vec4<f32>>;          // (splits, n)
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>;

fn together(group: vec3<u32>, lane: u32) {
    if counts[FOUND] == 0u {
        return;
    }
    let splits = select(args.splits, splits_in_use(counts[FOUND], args.tile), args.splits == 0u);
    var sum = vec4(0.0);
    for (var split = lane; split < splits; split += LANES) {
        sum += partial[split * args.n + group.x];
    }
    let all = summed(sum, lane);
    if lane == 0u {
        gradient[args.out + group.x] += all;
    }
}
