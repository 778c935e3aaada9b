// Adds the splits' sums to the gradient of a block.
#import splits

struct Args {
    out: u32,  // its place in the gradient, in vec4s
    tile: u32,   // whose rows the splits shared out
    splits: u32, // how many; 0: those in use for the tile
}

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> partial: array<vec4<f32>>;          // (splits, n)
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>;

fn each(i: u32) {
    let splits = select(args.splits, splits_in_use(counts[FOUND], args.tile), args.splits == 0u);
    if counts[FOUND] == 0u || splits == 0u {
        return;
    }
    var sum = vec4(0.0);
    for (var split = 0u; split < splits; split++) {
        sum += partial[split * args.n + i];
    }
    gradient[args.out + i] += sum;
}
