// Adds rows of numbers to a row of sums, by one workgroup, in a fixed order.
struct Args {
    n: u32,
    out: u32, // row of `sums`
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> statistics: array<vec4<f32>>; // (n)
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;

var<workgroup> partial: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = vec4(0.0);
    for (var i = lane; i < args.n; i += 64u) {
        sum += statistics[i];
    }
    partial[lane] = sum;
    workgroupBarrier();
    if lane == 0u {
        for (var other = 1u; other < 64u; other++) {
            sum += partial[other];
        }
        sums[args.out] += sum;
    }
}
