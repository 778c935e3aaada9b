// Adds rows of numbers to a row of sums, by one workgroup, in a fixed order.
struct Args { n: u32, out: u32 } // out: row of `sums`

@group(0) @binding(1) var<storage, read> statistics: array<vec4<f32>>; // (n)
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;

var<workgroup> partial: array<vec4<f32>, LANES>;

fn together(group: u32, lane: u32) {
    var sum = vec4(0.0);
    for (var i = lane; i < args.n; i += LANES) {
        sum += statistics[i];
    }
    partial[lane] = sum;
    workgroupBarrier();
    if lane == 0u {
        for (var other = 1u; other < LANES; other++) {
            sum += partial[other];
        }
        sums[args.out] += sum;
    }
}
