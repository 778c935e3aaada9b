//! V: pooled tokens of a grid's windows (N, D) → one normalised value a window (N).
//!
//! - [p0|p1|p2] = pooled·Wproject + b, each (N, 16).
//! - box(z)(p): the mean of z over the windows p + δ, δ ∈ {−1, 0, 1}², that exist (torus: all nine, wrapping).
//!   wide(z)(p): the same over p + 3δ.
//! - hidden = gelu(p0 + box(p1) + wide(box(p2))); V̂ = hidden·Wvalue + b; V = V̂·return_std + return_mean.

use primordia::spec::CRITIC_WIDTH;
use primordia::spec::grid::Windows;

use super::Net;
use super::linear::{gelu, gelu_slope, linear, linear_backward};

/// What the critic computed for one grid.
#[derive(Debug, Clone)]
pub struct Activations {
    /// (N, D).
    pub pooled: Vec<Vec<f64>>,
    /// (N, 48): p0, p1, p2 side by side.
    pub projected: Vec<Vec<f64>>,
    /// (N, 16): before gelu.
    pub hidden_in: Vec<Vec<f64>>,
    /// (N, 16): after gelu.
    pub hidden: Vec<Vec<f64>>,
    /// (N): V̂, in units of normalised return.
    pub value: Vec<f64>,
}

/// The windows at p + reach·δ that exist, by index; on a small torus one can occur several times.
pub fn neighbours(windows: &Windows, index: usize, reach: usize) -> Vec<usize> {
    let torus = windows.origin == 0;
    let along = |at: usize, count: usize| -> Vec<usize> {
        let (at, count, reach) = (at as i64, count as i64, reach as i64);
        [at - reach, at, at + reach]
            .into_iter()
            .filter(|i| torus || (0..count).contains(i))
            .map(|i| i.rem_euclid(count) as usize)
            .collect()
    };
    let columns = along(index % windows.columns, windows.columns);
    along(index / windows.columns, windows.rows)
        .into_iter()
        .flat_map(|row| columns.iter().map(move |column| row * windows.columns + column))
        .collect()
}

/// (N, V) → (N, V): the mean over the neighbours at `reach`: 1 for box, 3 for wide.
pub fn mean(windows: &Windows, z: &[Vec<f64>], reach: usize) -> Vec<Vec<f64>> {
    (0..windows.count())
        .map(|p| {
            let near = neighbours(windows, p, reach);
            (0..z[p].len()).map(|c| near.iter().map(|&n| z[n][c]).sum::<f64>() / near.len() as f64).collect()
        })
        .collect()
}

/// The transpose of `mean`.
pub fn mean_backward(windows: &Windows, dout: &[Vec<f64>], reach: usize) -> Vec<Vec<f64>> {
    let mut dz = vec![vec![0.0; dout[0].len()]; dout.len()];
    for p in 0..windows.count() {
        let near = neighbours(windows, p, reach);
        for &n in &near {
            for c in 0..dout[p].len() {
                dz[n][c] += dout[p][c] / near.len() as f64;
            }
        }
    }
    dz
}

/// V̂ at every window of one grid.
pub fn forward(net: &Net, windows: &Windows, pooled: &[Vec<f64>]) -> Activations {
    let projected: Vec<_> = pooled.iter().map(|u| linear(net.params, net.table.critic_project, u)).collect();
    let part = |i: usize| -> Vec<Vec<f64>> {
        projected.iter().map(|p| p[i * CRITIC_WIDTH..(i + 1) * CRITIC_WIDTH].to_vec()).collect()
    };
    let near = mean(windows, &part(1), 1);
    let far = mean(windows, &mean(windows, &part(2), 1), 3);
    let hidden_in: Vec<Vec<f64>> = (0..windows.count())
        .map(|p| (0..CRITIC_WIDTH).map(|c| projected[p][c] + near[p][c] + far[p][c]).collect())
        .collect();
    let hidden: Vec<Vec<f64>> = hidden_in.iter().map(|h| h.iter().copied().map(gelu).collect()).collect();
    let value = hidden.iter().map(|h| linear(net.params, net.table.critic_value, h)[0]).collect();
    Activations { pooled: pooled.to_vec(), projected, hidden_in, hidden, value }
}

/// Adds the gradient of Σ dvalue·V̂ to `gradient`; returns dpooled (N, D).
pub fn backward(
    net: &Net,
    windows: &Windows,
    activations: &Activations,
    dvalue: &[f64],
    gradient: &mut [f64],
) -> Vec<Vec<f64>> {
    let dhidden: Vec<Vec<f64>> = (0..windows.count())
        .map(|p| {
            let dhidden =
                linear_backward(net.params, net.table.critic_value, &activations.hidden[p], &[dvalue[p]], gradient);
            dhidden.iter().zip(&activations.hidden_in[p]).map(|(d, x)| d * gelu_slope(*x)).collect()
        })
        .collect();
    let dnear = mean_backward(windows, &dhidden, 1);
    let dfar = mean_backward(windows, &mean_backward(windows, &dhidden, 3), 1);
    (0..windows.count())
        .map(|p| {
            let dprojected = [dhidden[p].as_slice(), &dnear[p], &dfar[p]].concat();
            linear_backward(net.params, net.table.critic_project, &activations.pooled[p], &dprojected, gradient)
        })
        .collect()
}
