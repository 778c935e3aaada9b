//! g: the votes at one pixel → logits (10).
//!
//! z = b + Σ_k W[k][vote_k]; vote k is slot k of the window centred at q − δ_k; absent votes add nothing.

use primordia::spec::grid::Windows;
use primordia::spec::{COLOURS, SLOTS};

use super::Net;

/// Vote k at a pixel, or none where that window does not exist.
pub type Votes = [Option<u8>; SLOTS];

/// The window whose slot k is pixel `pixel`.
pub fn voter(windows: &Windows, pixel: usize, k: usize) -> Option<usize> {
    let centre = |at: usize, step: usize, size: usize, count: usize| {
        let centre = at as i64 - (step as i64 - 1);
        if windows.origin == 0 {
            Some(centre.rem_euclid(size as i64) as usize)
        } else {
            usize::try_from(centre - 1).ok().filter(|i| *i < count)
        }
    };
    let row = centre(pixel / windows.width, k / 3, windows.height, windows.rows)?;
    let column = centre(pixel % windows.width, k % 3, windows.width, windows.columns)?;
    Some(row * windows.columns + column)
}

/// The votes at a pixel, of proposals (N, 9).
pub fn votes(windows: &Windows, proposals: &[[u8; SLOTS]], pixel: usize) -> Votes {
    std::array::from_fn(|k| voter(windows, pixel, k).map(|window| proposals[window][k]))
}

/// z at a pixel, before the temperature.
pub fn logits(net: &Net, votes: &Votes) -> [f64; COLOURS] {
    let g = net.table.aggregator;
    let row = |r: usize| &net.params[g.offset + r * g.stride..][..COLOURS];
    std::array::from_fn(|c| {
        let weights =
            votes.iter().enumerate().filter_map(|(k, vote)| vote.map(|v| row(k * COLOURS + usize::from(v))[c]));
        row(SLOTS * COLOURS)[c] + weights.sum::<f64>()
    })
}

/// Adds the gradient of Σ dlogits·z to `gradient`.
pub fn backward(net: &Net, votes: &Votes, dlogits: &[f64; COLOURS], gradient: &mut [f64]) {
    let g = net.table.aggregator;
    let rows = votes.iter().enumerate().filter_map(|(k, vote)| vote.map(|v| k * COLOURS + usize::from(v)));
    for row in rows.chain([SLOTS * COLOURS]) {
        for c in 0..COLOURS {
            gradient[g.offset + row * g.stride + c] += dlogits[c];
        }
    }
}

/// The pixel's own window: on a bounded grid a border pixel's is the nearest.
pub fn own_window(windows: &Windows, pixel: usize) -> usize {
    let nearest = |at: usize, count: usize| at.saturating_sub(windows.origin).min(count - 1);
    let (row, column) = (pixel / windows.width, pixel % windows.width);
    nearest(row, windows.rows) * windows.columns + nearest(column, windows.columns)
}
