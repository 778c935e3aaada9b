//! What each agent is paid, from maps whose terms are weighted already.
//!
//! Block maps hold one number for each top-left corner: H·W on a torus, (H−1)(W−1) on a bounded grid; pixel maps one
//! for each pixel. `Global`: their means. `Local { radius: r }`, for the window centred at (i, j): the mean over
//! corners with row in [i−1−r, i+r] and column in [j−1−r, j+r], plus the mean over pixels with row in
//! [i−1−r, i+1+r] and column in [j−1−r, j+1+r], of those that exist. On a torus the ranges wrap, and a range longer
//! than the grid counts a position as often as it meets it.

use primordia::spec::config::Credit;
use primordia::spec::grid::Windows;

/// Rows and columns of a block map.
pub fn block_positions(windows: &Windows) -> (usize, usize) {
    (windows.height - windows.origin, windows.width - windows.origin)
}

/// (N): each agent's reward.
pub fn credit(block_map: &[f64], pixel_map: &[f64], windows: &Windows, credit: Credit) -> Vec<f64> {
    let blocks = block_positions(windows);
    assert_eq!(block_map.len(), blocks.0 * blocks.1);
    assert_eq!(pixel_map.len(), windows.height * windows.width);
    let mean = |map: &[f64]| map.iter().sum::<f64>() / map.len() as f64;
    match credit {
        Credit::Global => vec![mean(block_map) + mean(pixel_map); windows.count()],
        Credit::Local { radius } => (0..windows.count())
            .map(|p| {
                let (i, j) = (p / windows.columns + windows.origin, p % windows.columns + windows.origin);
                let torus = windows.origin == 0;
                near(block_map, blocks, (i, j), (1 + radius, radius), torus)
                    + near(pixel_map, (windows.height, windows.width), (i, j), (1 + radius, 1 + radius), torus)
            })
            .collect(),
    }
}

/// The mean of `map` over rows and columns from `at − reach.0` to `at + reach.1`.
fn near(map: &[f64], size: (usize, usize), at: (usize, usize), reach: (usize, usize), torus: bool) -> f64 {
    let along = |at: usize, size: usize| {
        let (from, to) = (at as i64 - reach.0 as i64, at as i64 + reach.1 as i64);
        (from..=to)
            .filter(move |i| torus || (0..size as i64).contains(i))
            .map(move |i| i.rem_euclid(size as i64) as usize)
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for row in along(at.0, size.0) {
        for column in along(at.1, size.1) {
            sum += map[row * size.1 + column];
            count += 1.0;
        }
    }
    sum / count
}
