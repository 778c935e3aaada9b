// Adam (Kingma & Ba 2015) on the gradient clipped to a global norm.
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> report: array<f32>;
@group(0) @binding(3) var<storage, read> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> params: array<f32>;
@group(0) @binding(5) var<storage, read_write> adam_m: array<f32>;
@group(0) @binding(6) var<storage, read_write> adam_v: array<f32>;

fn each(i: u32) {
    if counts[STOPPED] != 0u {
        return;
    }
    let step = f32(counts[ADAM_STEPS]);
    let g = gradient[i] * min(1.0, hyper.max_grad_norm / (report[NORM] + 1e-6));
    let m = 0.9 * adam_m[i] + 0.1 * g;
    let v = 0.999 * adam_v[i] + 0.001 * g * g;
    adam_m[i] = m;
    adam_v[i] = v;
    let m_hat = m / (1.0 - pow(0.9, step));
    let v_hat = v / (1.0 - pow(0.999, step));
    let rate = select(hyper.learning_rate, CRITIC_RATE * hyper.learning_rate, i >= CRITIC_FIRST && i < CRITIC_END);
    params[i] -= rate * m_hat / (sqrt(v_hat) + hyper.adam_eps);
}
