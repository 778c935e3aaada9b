// Gradient of V's last layer: the sum over agents of gelu(hidden) * dV. Lanes share out the agents.
#import norm

struct Args { n: u32 }

@group(0) @binding(1) var<storage, read> hidden: array<vec4<f32>>;     // (agents, V4)
@group(0) @binding(2) var<storage, read> statistics: array<vec4<f32>>; // (agents): -, dV
@group(0) @binding(3) var<storage, read_write> partial: array<vec4<f32>>; // (SPLITS, V + 1): lane x

fn every(id: vec3<u32>) {
    let split = id.x;
    var sum: array<vec4<f32>, V4>;
    var bias = 0.0;
    for (var a = split; a < args.n; a += SPLITS) {
        let dvalue = statistics[a].y;
        bias += dvalue;
        for (var f = 0u; f < V4; f++) { // unrolled
            sum[f] = fma(vec4(dvalue), gelu(hidden[a * V4 + f]), sum[f]);
        }
    }
    for (var f = 0u; f < V4; f++) {
        for (var i = 0u; i < 4u; i++) {
            partial[split * (V + 1u) + 4u * f + i] = vec4(sum[f][i], 0.0, 0.0, 0.0);
        }
    }
    partial[split * (V + 1u) + V] = vec4(bias, 0.0, 0.0, 0.0);
}
