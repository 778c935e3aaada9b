// V's loss, half the squared error in units of normalised return, and its slope by the hidden layer.
struct Args {
    n: u32,
    grids_first: u32,
    total: u32, // agents of the minibatch
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> grids: array<u32>;
@group(0) @binding(2) var<storage, read> hidden: array<vec4<f32>>;           // (agents, V4)
@group(0) @binding(3) var<uniform> w_value: array<vec4<f32>, VALUE_WEIGHTS>; // (V + 1, 1): lane x
@group(0) @binding(4) var<storage, read> advantages: array<f32>;
@group(0) @binding(5) var<storage, read> values: array<f32>;
@group(0) @binding(6) var<storage, read> returns: array<f32>;
@group(0) @binding(7) var<storage, read_write> critic: array<vec4<f32>>;      // (agents, 2 V4): dhidden, -
@group(0) @binding(8) var<storage, read_write> statistics: array<vec4<f32>>; // (agents): loss, slope by V

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let a = flat_id(group, groups, lane);
    if a >= args.n {
        return;
    }
    let in_grid = divided(a, hyper.windows);
    let agent = grids[args.grids_first + in_grid.quotient] * hyper.windows + in_grid.remainder;
    var value = w_value[V].x;
    var weighted: array<vec4<f32>, V4>; // the slope of gelu(hidden) w
    for (var f = 0u; f < V4; f++) { // unrolled
        let w = vec4(w_value[4u * f].x, w_value[4u * f + 1u].x, w_value[4u * f + 2u].x, w_value[4u * f + 3u].x);
        let activation = gelu_with_slope(hidden[a * V4 + f]);
        value += dot(activation.value, w);
        weighted[f] = w * activation.slope;
    }
    let wanted = (advantages[agent] + values[agent] - returns[0]) / returns[1];
    let error = value - wanted;
    let slope = hyper.value_coef * error / f32(args.total);
    for (var f = 0u; f < V4; f++) { // unrolled
        critic[a * 2u * V4 + f] = slope * weighted[f];
    }
    statistics[a] = vec4(0.5 * error * error, slope, 0.0, 0.0);
}
