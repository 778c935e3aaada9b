// The mean and deviation of this rollout's returns, by which V's output is scaled from now on, and of its advantages.
struct Args {
    n: u32, // numbers behind the sums
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> sums: array<vec4<f32>>;    // rows 0: A, R; 1: squared deviations
@group(0) @binding(2) var<storage, read_write> returns: array<f32>; // mean, std, advantage mean, advantage std

@compute @workgroup_size(1)
fn main() {
    let count = f32(args.n);
    returns[0] = sums[0].y / count;
    returns[1] = max(sqrt(sums[1].y / count), 1e-4);
    returns[2] = sums[0].x / count;
    returns[3] = sqrt(sums[1].x / count);
}
