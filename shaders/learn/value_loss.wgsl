// V's loss, half the squared error in units of normalised return, and its gradient by the hidden layer.
#import loss, norm

struct Args { grids_first: u32, total: u32 } // total: agents of the minibatch

@group(0) @binding(1) var<storage, read> grids: array<u32>;
@group(0) @binding(2) var<storage, read> hidden: array<vec4<f32>>;           // (agents, V4)
@group(0) @binding(3) var<uniform> w_value: array<vec4<f32>, VALUE_WEIGHTS>; // (V + 1, 1): lane x
@group(0) @binding(4) var<storage, read> advantages: array<f32>;
@group(0) @binding(5) var<storage, read> values: array<f32>;
@group(0) @binding(6) var<storage, read> returns: array<f32>;
@group(0) @binding(7) var<storage, read_write> critic: array<vec4<f32>>;      // (agents, 2 V4): dhidden, -
@group(0) @binding(8) var<storage, read_write> statistics: array<vec4<f32>>; // (agents): loss, dV

fn each(a: u32) {
    let agent = rollout_agent(a);
    var value = w_value[V].x;
    var weighted: array<vec4<f32>, V4>; // the derivative of gelu(hidden) w
    for (var f = 0u; f < V4; f++) { // unrolled
        let w = vec4(w_value[4u * f].x, w_value[4u * f + 1u].x, w_value[4u * f + 2u].x, w_value[4u * f + 3u].x);
        let activation = gelu_with_derivative(hidden[a * V4 + f]);
        value += dot(activation.value, w);
        weighted[f] = w * activation.derivative;
    }
    let wanted = (advantages[agent] + values[agent] - returns[RETURN_MEAN]) / returns[RETURN_STD];
    let error = value - wanted;
    let dvalue = hyper.value_coef * error / f32(args.total);
    for (var f = 0u; f < V4; f++) { // unrolled
        critic[a * 2u * V4 + f] = dvalue * weighted[f];
    }
    statistics[a] = vec4(0.5 * error * error, dvalue, 0.0, 0.0);
}
