//! Return statistics, and the value layer that stays true to them (van Hasselt et al., "Learning values across many
//! orders of magnitude", 2016).
//!
//! First update: μ, σ² are those of the raw returns; afterwards μ ← .9·μ + .1·batch, σ² ← .9·σ² + .1·batch. Then
//! W ← W·σ/σ', b ← (σ·b + μ − μ')/σ', so that V = V̂·σ' + μ' is what it was.

use primordia::spec::params::Params;

use super::gae::moments;

/// The smallest σ: constant returns must not divide by 0.
pub const MIN_STD: f64 = 1e-4;

/// What turns V̂ into a return: V = V̂·std + mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnStats {
    pub mean: f64,
    pub std: f64,
}

/// The statistics of the next update.
pub fn update(old: ReturnStats, returns: &[f64], first: bool) -> ReturnStats {
    let (mean, variance) = moments(returns);
    let keep = if first { 0.0 } else { 0.9 };
    ReturnStats {
        mean: keep * old.mean + (1.0 - keep) * mean,
        std: (keep * old.std.powi(2) + (1.0 - keep) * variance).sqrt().max(MIN_STD),
    }
}

/// Rescales the value layer so that V stays the same.
pub fn rescale(params: &mut [f64], table: &Params, old: ReturnStats, new: ReturnStats) {
    let block = table.critic_value;
    for row in 0..block.rows {
        let at = block.offset + row * block.stride;
        params[at] *= old.std / new.std;
        if row + 1 == block.rows {
            params[at] += (old.mean - new.mean) / new.std;
        }
    }
}
