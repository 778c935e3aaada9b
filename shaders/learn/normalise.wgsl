// The mean and deviation of this rollout's returns, by which V's output is scaled from now on, and of its advantages.
struct Args { count: u32 } // numbers behind the sums

@group(0) @binding(1) var<storage, read> sums: array<vec4<f32>>;    // rows 0: A, R; 1: squared deviations
@group(0) @binding(2) var<storage, read_write> returns: array<f32>; // mean, std, advantage mean, advantage std

fn each(_i: u32) {
    let count = f32(args.count);
    returns[RETURN_MEAN] = sums[MEANS].y / count;
    returns[RETURN_STD] = max(sqrt(sums[SPREADS].y / count), 1e-4);
    returns[ADVANTAGE_MEAN] = sums[MEANS].x / count;
    returns[ADVANTAGE_STD] = sqrt(sums[SPREADS].x / count);
}
