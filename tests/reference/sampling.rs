//! Draws by inverse CDF: the smallest c with u < Σ_{j≤c} π_j, the last colour if there is none.
//!
//! u = ((word >> 9) + ½)·2⁻²³ of philox under (seed, stream): word k mod 4 at (step, world, window, k div 4) for
//! proposals, word 0 at (step, world, pixel, 0) for colours.

use primordia::spec::philox::{Stream, philox};

fn uniform(seed: u32, stream: Stream, counter: [u32; 4], word: usize) -> f64 {
    let word = philox(counter, [seed, stream as u32])[word];
    (f64::from(word >> 9) + 0.5) / 8_388_608.0
}

/// The uniform of a_{p,k}.
pub fn proposal_uniform(seed: u32, step: u32, world: usize, window: usize, k: usize) -> f64 {
    uniform(seed, Stream::Proposal, [step, world as u32, window as u32, (k / 4) as u32], k % 4)
}

/// The uniform of y_q.
pub fn colour_uniform(seed: u32, step: u32, world: usize, pixel: usize) -> f64 {
    uniform(seed, Stream::Colour, [step, world as u32, pixel as u32, 0], 0)
}

/// The colour drawn, and how far u is from where another would have been: single precision can draw differently where
/// that is of the order of 1e-6.
pub fn draw(probabilities: &[f64], uniform: f64) -> (u8, f64) {
    let last = probabilities.len() - 1;
    let (mut colour, mut margin, mut below) = (None, f64::INFINITY, 0.0);
    for (c, p) in probabilities[..last].iter().enumerate() {
        below += p;
        margin = margin.min((uniform - below).abs());
        if colour.is_none() && uniform < below {
            colour = Some(c);
        }
    }
    (colour.unwrap_or(last) as u8, margin)
}
