// Adds rows of numbers to a row of sums, by one workgroup, in a fixed order.
#import summed

struct Args { n: u32, out: u32 } // out: row of `sums`

@group(0) @binding(1) var<storage, read> statistics: array<vec4<f32>>; // (n)
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;

fn together(group: vec3<u32>, lane: u32) {
    var sum = vec4(0.0);
    for (var i = lane; i < args.n; i += LANES) {
        sum += statistics[i];
    }
    let all = summed(sum, lane);
    if lane == 0u {
        sums[args.out] += all;
    }
}
