//! Adam (Kingma & Ba, 2015) on a gradient whose global norm is clipped.
//!
//! g ← g·min(1, max/‖g‖); m ← .9m + .1g; v ← .999v + .001g²; θ ← θ − lr·m̂/(√v̂ + ε), with m̂ = m/(1 − .9ⁿ) and
//! v̂ = v/(1 − .999ⁿ) at step n.

use primordia::spec::CRITIC_RATE;
use primordia::spec::params::Params;

/// Each parameter's learning rate: the critic's learn faster.
pub fn rates(params: &Params, learning_rate: f64) -> impl Fn(usize) -> f64 + use<> {
    let fast = params.critic_project.offset..params.aggregator.offset;
    move |i| if fast.contains(&i) { learning_rate * f64::from(CRITIC_RATE) } else { learning_rate }
}

/// Scales the gradient to at most this norm; returns the norm it had.
pub fn clip(gradient: &mut [f64], max_norm: f64) -> f64 {
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if norm > max_norm {
        for g in gradient {
            *g *= max_norm / norm;
        }
    }
    norm
}

/// The optimiser's state, in the device's layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    pub m: Vec<f64>,
    pub v: Vec<f64>,
    /// Steps taken.
    pub step: u32,
}

impl Adam {
    pub fn new(len: usize) -> Self {
        Self { m: vec![0.0; len], v: vec![0.0; len], step: 0 }
    }

    /// One step along a gradient that is clipped already; `learning_rate` gives each parameter's.
    pub fn step(&mut self, params: &mut [f64], gradient: &[f64], learning_rate: impl Fn(usize) -> f64, eps: f64) {
        self.step += 1;
        let (m_scale, v_scale) = (1.0 - 0.9f64.powf(self.step.into()), 1.0 - 0.999f64.powf(self.step.into()));
        for i in 0..params.len() {
            self.m[i] = 0.9 * self.m[i] + 0.1 * gradient[i];
            self.v[i] = 0.999 * self.v[i] + 0.001 * gradient[i] * gradient[i];
            params[i] -= learning_rate(i) * (self.m[i] / m_scale) / ((self.v[i] / v_scale).sqrt() + eps);
        }
    }
}
