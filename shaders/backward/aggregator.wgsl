// Gradient of W_k and b: each pixel's slope by z goes to the row of the vote it got. Lanes share out the pixels.
struct Args {
    n: u32, // cells of the chunk
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> dz: array<vec4<f32>>;            // (cells, 4)
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>; // (SPLITS, 91, 3)

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let split = id.x;
    let k = id.y; // 9: the bias
    var sum: array<array<vec4<f32>, 3>, 10>;
    for (var q = split; q < args.n; q += SPLITS) {
        var v = 0u;
        if k < 9u {
            let words = bitcast<vec4<u32>>(dz[4u * q + 3u]);
            v = (select(words.x, words.y, k >= 4u) >> (4u * (k % 4u))) & 15u;
            v = select(v, words.z, k == 8u);
        }
        let a = dz[4u * q];
        let b = dz[4u * q + 1u];
        let c = dz[4u * q + 2u];
        for (var colour = 0u; colour < 10u; colour++) {
            let hit = select(0.0, 1.0, v == colour);
            sum[colour][0] = fma(vec4(hit), a, sum[colour][0]);
            sum[colour][1] = fma(vec4(hit), b, sum[colour][1]);
            sum[colour][2] = fma(vec4(hit), c, sum[colour][2]);
        }
    }
    for (var colour = 0u; colour < select(1u, 10u, k < 9u); colour++) {
        for (var j = 0u; j < 3u; j++) {
            partial[(split * 91u + k * 10u + colour) * 3u + j] = sum[colour][j];
        }
    }
}
