// Layer norm without scale or bias (a linear layer with bias always follows), and the MLP's activation.

alias Token = array<vec4<f32>, D4>;

struct Normed {
    n: Token,
    inverse_deviation: f32,
}

fn norm(x: Token) -> Normed {
    var sum = vec4(0.0);
    for (var i = 0u; i < D4; i++) { // unrolled
        sum += x[i];
    }
    let mean = (sum.x + sum.y + sum.z + sum.w) / f32(D);
    var square = vec4(0.0);
    for (var i = 0u; i < D4; i++) { // unrolled
        let centred = x[i] - mean;
        square = fma(centred, centred, square);
    }
    var out: Normed;
    out.inverse_deviation = inverseSqrt((square.x + square.y + square.z + square.w) / f32(D) + NORM_EPS);
    for (var i = 0u; i < D4; i++) { // unrolled
        out.n[i] = (x[i] - mean) * out.inverse_deviation;
    }
    return out;
}

// dx from dn: (dn - mean(dn) - n * mean(dn * n)) / deviation.
fn norm_backward(dn: Token, normed: Normed) -> Token {
    var sum = vec4(0.0);
    var product = vec4(0.0);
    for (var i = 0u; i < D4; i++) { // unrolled
        sum += dn[i];
        product = fma(dn[i], normed.n[i], product);
    }
    let mean = (sum.x + sum.y + sum.z + sum.w) / f32(D);
    let mean_product = (product.x + product.y + product.z + product.w) / f32(D);
    var dx: Token;
    for (var i = 0u; i < D4; i++) { // unrolled
        dx[i] = (dn[i] - mean - normed.n[i] * mean_product) * normed.inverse_deviation;
    }
    return dx;
}

const GELU_SCALE = 0.7978845608028654; // sqrt(2 / pi)
const GELU_CUBIC = 0.044715;

// tanh written so that large arguments do not overflow.
fn safe_tanh(x: vec4<f32>) -> vec4<f32> {
    return 1.0 - 2.0 / (exp(2.0 * clamp(x, vec4(-15.0), vec4(15.0))) + 1.0);
}

struct Gelu {
    value: vec4<f32>,
    derivative: vec4<f32>,
}

fn gelu_with_derivative(x: vec4<f32>) -> Gelu {
    let t = safe_tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x));
    let half = 0.5 * (1.0 + t);
    return Gelu(x * half, half + 0.5 * x * (1.0 - t * t) * GELU_SCALE * (1.0 + 3.0 * GELU_CUBIC * x * x));
}

fn gelu(x: vec4<f32>) -> vec4<f32> {
    return 0.5 * x * (1.0 + safe_tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x)));
}
