//! Generalised advantage estimation on a task that goes on for ever.
//!
//! δ_t = r_t + γ·V_{t+1} − V_t; A_t = δ_t + γλ·A_{t+1}, A_T = 0; bootstrapped from V_T, no terminals.
//! The raw returns A + V of a rollout are normalised by their own mean μ and biased deviation σ: R̂ = (A + V − μ)/σ,
//! and from then on V = V̂·σ + μ.

/// The smallest σ: constant returns must not divide by 0.
pub const MIN_STD: f64 = 1e-4;

/// What turns V̂ into a return: V = V̂·std + mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnStats {
    pub mean: f64,
    pub std: f64,
}

impl ReturnStats {
    /// Before there was a rollout.
    pub const START: Self = Self { mean: 0.0, std: 1.0 };

    /// Of a rollout's raw returns.
    pub fn of(returns: &[f64]) -> Self {
        let (mean, variance) = moments(returns);
        Self { mean, std: variance.sqrt().max(MIN_STD) }
    }

    /// A raw return in units of V̂.
    pub fn normalised(self, raw: f64) -> f64 {
        (raw - self.mean) / self.std
    }
}

/// Advantages of one agent: rewards (T), values (T + 1) → (T). The raw return is A_t + V_t.
pub fn gae(rewards: &[f64], values: &[f64], gamma: f64, lambda: f64) -> Vec<f64> {
    assert_eq!(values.len(), rewards.len() + 1);
    let mut advantages = vec![0.0; rewards.len()];
    let mut next = 0.0;
    for t in (0..rewards.len()).rev() {
        next = rewards[t] + gamma * values[t + 1] - values[t] + gamma * lambda * next;
        advantages[t] = next;
    }
    advantages
}

/// Mean and biased variance.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

/// (A − mean)/(std + 1e-8).
pub fn normalised(advantages: &[f64]) -> Vec<f64> {
    let (mean, variance) = moments(advantages);
    advantages.iter().map(|a| (a - mean) / (variance.sqrt() + 1e-8)).collect()
}

/// 1 − Var(return − V)/Var(return).
pub fn explained_variance(returns: &[f64], values: &[f64]) -> f64 {
    let errors: Vec<f64> = returns.iter().zip(values).map(|(r, v)| r - v).collect();
    1.0 - moments(&errors).1 / moments(returns).1
}
