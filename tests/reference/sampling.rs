//! Draws by inverse CDF: the smallest c with u < Σ_{j≤c} π_j, the last colour if there is none.
//!
//! u = ((word >> 9) + ½)·2⁻²³ of philox under (seed, stream). Proposals: word k mod 4 at (step, world, window, k div 4) for
//! k < 8; slot 8's 23 bits are the lowest 9 of words 0 and 1 and the lowest 5 of word 2 at (step, world, window, 0), which
//! no other draw takes. Colours: word column mod 4 at (step, world, row·⌈W/4⌉ + column div 4, 0).

use primordia::spec::philox::{Stream, philox};

fn uniform(bits: u32) -> f64 {
    (f64::from(bits) + 0.5) / 8_388_608.0
}

/// The uniform of a_{p,k}.
pub fn proposal_uniform(seed: u32, step: u32, world: usize, window: usize, k: usize) -> f64 {
    let block = |draw: usize| philox([step, world as u32, window as u32, draw as u32], [seed, Stream::Proposal as u32]);
    if k < 8 {
        return uniform(block(k / 4)[k % 4] >> 9);
    }
    let [a, b, c, _] = block(0);
    uniform(((a % 512) << 14) | ((b % 512) << 5) | (c % 32))
}

/// The uniform of y_q.
pub fn colour_uniform(seed: u32, step: u32, world: usize, width: usize, pixel: usize) -> f64 {
    let (row, column) = (pixel / width, pixel % width);
    let four = row * width.div_ceil(4) + column / 4;
    uniform(philox([step, world as u32, four as u32, 0], [seed, Stream::Colour as u32])[column % 4] >> 9)
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
