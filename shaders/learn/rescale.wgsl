// Moves the statistics that returns are normalised by, and rescales V's last layer so that V is unchanged
// (PopArt; van Hasselt et al. 2016).
struct Args {
    n: u32,     // numbers behind the sums
    first: u32, // 1: there were no statistics before
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> sums: array<vec4<f32>>;             // rows 0: A, R; 1: squared deviations
@group(0) @binding(2) var<storage, read_write> w_value: array<vec4<f32>>;    // (V + 1, 1): lane x
@group(0) @binding(3) var<storage, read_write> returns: array<f32>;          // mean, std, advantage mean, advantage std

@compute @workgroup_size(1)
fn main() {
    let count = f32(args.n);
    let batch_mean = sums[0].y / count;
    let batch_variance = sums[1].y / count;
    let old_mean = returns[0];
    let old_deviation = returns[1];
    let keep = select(0.9, 0.0, args.first == 1u);
    let mean = keep * old_mean + (1.0 - keep) * batch_mean;
    let variance = keep * old_deviation * old_deviation + (1.0 - keep) * batch_variance;
    let deviation = max(sqrt(variance), 1e-3);
    returns[0] = mean;
    returns[1] = deviation;
    returns[2] = sums[0].x / count;
    returns[3] = sqrt(sums[1].x / count);
    for (var i = 0u; i < V; i++) {
        w_value[i].x = w_value[i].x * old_deviation / deviation;
    }
    w_value[V].x = (w_value[V].x * old_deviation + old_mean - mean) / deviation;
}
