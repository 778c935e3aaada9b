// Squared deviations of advantages and returns from their means.
@group(0) @binding(1) var<storage, read> values: array<f32>;      // (T + 1, n)
@group(0) @binding(2) var<storage, read> advantages: array<f32>;  // (T, n)
@group(0) @binding(3) var<storage, read> sums: array<vec4<f32>>;  // row 0: sums of A and A + V
@group(0) @binding(4) var<storage, read_write> statistics: array<vec4<f32>>; // (n)

fn each(i: u32) {
    let mean = sums[MEANS].xy / (f32(args.n) * f32(hyper.steps));
    var sum = vec2(0.0);
    for (var t = 0u; t < hyper.steps; t++) {
        let at = t * args.n + i;
        let off = vec2(advantages[at], advantages[at] + values[at]) - mean;
        sum += off * off;
    }
    statistics[i] = vec4(sum, 0.0, 0.0);
}
