//! What every layer is made of.
//!
//! - linear: y_j = b_j + Σ_i x_i·W_ij, W (in, out), its bias the row below it.
//! - norm: (x − mean)/√(var + 1e-5), biased variance, no scale and no bias.
//! - gelu: ½x(1 + tanh(√(2/π)(x + 0.044715x³))).
//! - softmax: π_j = exp(z_j/τ)/Σ exp(z_i/τ).

use primordia::spec::NORM_EPS;
use primordia::spec::params::Block;

/// (in) → (out).
pub fn linear(params: &[f64], block: Block, input: &[f64]) -> Vec<f64> {
    assert_eq!(input.len(), block.rows - 1);
    let at = |row: usize, column: usize| params[block.offset + row * block.stride + column];
    (0..block.columns)
        .map(|j| at(input.len(), j) + input.iter().enumerate().map(|(i, x)| x * at(i, j)).sum::<f64>())
        .collect()
}

/// dW_ij += x_i·dy_j, db_j += dy_j; returns dx_i = Σ_j W_ij·dy_j.
pub fn linear_backward(params: &[f64], block: Block, input: &[f64], dout: &[f64], gradient: &mut [f64]) -> Vec<f64> {
    assert_eq!((input.len(), dout.len()), (block.rows - 1, block.columns));
    let mut dinput = vec![0.0; input.len()];
    for (j, dy) in dout.iter().enumerate() {
        for (i, x) in input.iter().enumerate() {
            let at = block.offset + i * block.stride + j;
            gradient[at] += x * dy;
            dinput[i] += params[at] * dy;
        }
        gradient[block.offset + input.len() * block.stride + j] += dy;
    }
    dinput
}

fn moments(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, 1.0 / (variance + f64::from(NORM_EPS)).sqrt())
}

/// (D) → (D).
pub fn norm(x: &[f64]) -> Vec<f64> {
    let (mean, scale) = moments(x);
    x.iter().map(|v| (v - mean) * scale).collect()
}

/// With y = norm(x): dx = (dy − mean(dy) − y·mean(dy·y))/√(var + 1e-5).
pub fn norm_backward(x: &[f64], dout: &[f64]) -> Vec<f64> {
    let (_, scale) = moments(x);
    let y = norm(x);
    let n = x.len() as f64;
    let mean = dout.iter().sum::<f64>() / n;
    let along = dout.iter().zip(&y).map(|(d, y)| d * y).sum::<f64>() / n;
    dout.iter().zip(&y).map(|(d, y)| (d - mean - y * along) * scale).collect()
}

const GELU_SCALE: f64 = 0.797_884_560_802_865_4;
const GELU_CUBE: f64 = 0.044_715;

/// The tanh approximation.
pub fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + (GELU_SCALE * (x + GELU_CUBE * x.powi(3))).tanh())
}

/// d gelu / dx.
pub fn gelu_slope(x: f64) -> f64 {
    let t = (GELU_SCALE * (x + GELU_CUBE * x.powi(3))).tanh();
    0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * GELU_SCALE * (1.0 + 3.0 * GELU_CUBE * x * x)
}

/// Probabilities of logits under a temperature τ.
pub fn softmax<const N: usize>(logits: &[f64; N], temperature: f64) -> [f64; N] {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = logits.map(|z| ((z - largest) / temperature).exp());
    let total: f64 = weights.iter().sum();
    weights.map(|w| w / total)
}

/// −Σ π ln π.
pub fn entropy(probabilities: &[f64]) -> f64 {
    -probabilities.iter().map(|p| if *p > 0.0 { p * p.ln() } else { 0.0 }).sum::<f64>()
}

/// a += b.
pub fn add(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
}
