// V = (gelu(hidden) w + b) * return_std + return_mean.
#import norm

struct Args { out: u32 } // of the chunk's agent 0

@group(0) @binding(1) var<storage, read> hidden: array<vec4<f32>>;        // (agents, V4)
@group(0) @binding(2) var<uniform> w_value: array<vec4<f32>, VALUE_WEIGHTS>; // (V + 1, 1): lane x
@group(0) @binding(3) var<storage, read> returns: array<f32>;             // mean, std
@group(0) @binding(4) var<storage, read_write> values: array<f32>;

fn each(a: u32) {
    var value = w_value[V].x;
    for (var f = 0u; f < V4; f++) { // unrolled
        let w = vec4(w_value[4u * f].x, w_value[4u * f + 1u].x, w_value[4u * f + 2u].x, w_value[4u * f + 3u].x);
        value += dot(gelu(hidden[a * V4 + f]), w);
    }
    values[args.out + a] = value * returns[RETURN_STD] + returns[RETURN_MEAN];
}
