// Gradient of V's last layer: the sum over agents of gelu(hidden) * dV. An invocation has four features, from
// the agents of one split.
#import norm

struct Args { n: u32 }

@group(0) @binding(1) var<storage, read> hidden: array<vec4<f32>>;     // (agents, V4)
@group(0) @binding(2) var<storage, read> statistics: array<vec4<f32>>; // (agents): -, dV
@group(0) @binding(3) var<storage, read_write> partial: array<vec4<f32>>; // (SPLITS, V + 1): lane x

fn every(id: vec3<u32>) {
    let split = id.x / V4;
    let f = id.x % V4;
    var sum = vec4(0.0);
    var bias = 0.0;
    for (var a = split; a < args.n; a += SPLITS) {
        let dvalue = statistics[a].y;
        bias += dvalue;
        sum = fma(vec4(dvalue), gelu(hidden[a * V4 + f]), sum);
    }
    let out = split * (V + 1u);
    for (var i = 0u; i < 4u; i++) {
        partial[out + 4u * f + i] = vec4(sum[i], 0.0, 0.0, 0.0);
    }
    if f == 0u {
        partial[out + V] = vec4(bias, 0.0, 0.0, 0.0);
    }
}
