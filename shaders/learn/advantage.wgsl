// Generalised advantage estimation (Schulman et al. 2016), backwards over a rollout that does not end:
// delta_t = r_t + gamma V(S_{t+1}) - V(S_t), A_t = delta_t + gamma lambda A_{t+1}. In place of the rewards.
@group(0) @binding(1) var<storage, read> values: array<f32>;             // (T + 1, n)
@group(0) @binding(2) var<storage, read_write> advantages: array<f32>;   // (T, n)
@group(0) @binding(3) var<storage, read_write> statistics: array<vec4<f32>>; // (n): sums over t of A, A + V

fn each(i: u32) {
    var ahead = 0.0;
    var next = values[hyper.steps * args.n + i];
    var sum = vec4(0.0);
    for (var t = hyper.steps; t > 0u; t--) {
        let at = (t - 1u) * args.n + i;
        let value = values[at];
        ahead = advantages[at] + hyper.gamma * next - value + hyper.gamma * hyper.gae_lambda * ahead;
        advantages[at] = ahead;
        next = value;
        sum += vec4(ahead, ahead + value, 0.0, 0.0);
    }
    statistics[i] = sum;
}
