//! V: what a window's tokens come to, together with its neighbours', near and far.
//!
//! With p0, p1, p2 what the critic takes from a window: hidden = gelu(p0 + box(p1) + wide(box(p2))), where box is the
//! mean over the windows around that exist, and wide the same three cells apart. On a torus the two may change places:
//! box(p1 + wide(p2)).

use super::lanes::{LANES, Lanes, Real, WIDE, Wide, gelu};
use super::model::{Net, PROJECTED};
use crate::spec::CRITIC_WIDTH;
use crate::spec::grid::Windows;

const _: () = assert!(CRITIC_WIDTH == WIDE);

/// Distances of box and wide.
const DISTANCES: [usize; 2] = [1, 3];

/// Room for one grid.
pub struct Critic<L: Lanes> {
    windows: Windows,
    /// For each of the distances, one over how many windows around each one exist.
    shares: [Vec<L::Real>; 2],
    a: Vec<Wide<L>>,
    b: Vec<Wide<L>>,
    across: Vec<Wide<L>>,
}

/// What becomes of a window's hidden layer.
pub struct Hidden<L> {
    pub value: Wide<L>,
    pub slope: Wide<L>,
}

impl<L: Lanes> Critic<L> {
    pub fn new(windows: Windows) -> Self {
        let n = windows.count();
        let torus = windows.origin == 0;
        let around = |at: usize, of: usize, distance: usize| {
            if torus { 3 } else { 1 + usize::from(at >= distance) + usize::from(at + distance < of) }
        };
        let share = |distance| {
            let count = |p: usize| {
                around(p / windows.columns, windows.rows, distance)
                    * around(p % windows.columns, windows.columns, distance)
            };
            (0..n).map(|p| L::Real::of(1.0 / count(p) as f64)).collect()
        };
        let room = || vec![Wide::default(); n];
        Self { windows, shares: DISTANCES.map(share), a: room(), b: room(), across: room() }
    }

    fn is_torus(&self) -> bool {
        self.windows.origin == 0
    }

    /// V in units of normalised return at every window, given each one's row of what the critic takes. `each` gets the
    /// window, its value, and its hidden layer; what it answers, slopes by the hidden layer, flows [`Self::backward`].
    #[inline(always)]
    pub fn forward(
        &mut self,
        net: &Net<L>,
        projected: &[L::Real],
        row_of: impl Fn(usize) -> usize,
        mut each: impl FnMut(usize, L::Real, Hidden<L>) -> Wide<L>,
    ) {
        let part = |p: usize, i: usize| Wide::load(&projected[row_of(p) * PROJECTED + i * WIDE..]);
        let n = self.windows.count();
        for p in 0..n {
            self.a[p] = part(p, 2);
        }
        if self.is_torus() {
            sums(&self.windows, &mut self.a, &mut self.across, DISTANCES[1]);
            for p in 0..n {
                self.a[p] = self.a[p].mul_add(Wide::splat(self.shares[1][p]), part(p, 1));
            }
            sums(&self.windows, &mut self.a, &mut self.across, DISTANCES[0]);
            for p in 0..n {
                self.a[p] = self.a[p].times(Wide::splat(self.shares[0][p]));
            }
        } else {
            for i in 0..2 {
                sums(&self.windows, &mut self.a, &mut self.across, DISTANCES[i]);
                scale(&mut self.a, &self.shares[i]);
            }
            for p in 0..n {
                self.b[p] = part(p, 1);
            }
            sums(&self.windows, &mut self.b, &mut self.across, DISTANCES[0]);
            for p in 0..n {
                self.a[p] = self.b[p].mul_add(Wide::splat(self.shares[0][p]), self.a[p]);
            }
        }
        let weights = net.value();
        let (value, bias) = (Wide::<L>::load(&weights), weights[WIDE]);
        for p in 0..n {
            let x = self.a[p].plus(part(p, 0)).0;
            let (a, b) = (gelu(x[0]), gelu(x[1]));
            let hidden = Hidden { value: Wide([a.0, b.0]), slope: Wide([a.1, b.1]) };
            self.a[p] = each(p, hidden.value.times(value).sum() + bias, hidden);
        }
    }

    /// What flows back to every window's row: `add` gets the window, which part, and how much.
    #[inline(always)]
    pub fn backward(&mut self, mut add: impl FnMut(usize, usize, Wide<L>)) {
        let n = self.windows.count();
        for p in 0..n {
            add(p, 0, self.a[p]);
        }
        // A mean's transpose: the sum of shares.
        if self.is_torus() {
            for (i, &distance) in DISTANCES.iter().enumerate() {
                sums(&self.windows, &mut self.a, &mut self.across, distance);
                for p in 0..n {
                    self.a[p] = self.a[p].times(Wide::splat(self.shares[i][p]));
                    add(p, 1 + i, self.a[p]);
                }
            }
            return;
        }
        self.b.copy_from_slice(&self.a);
        scale(&mut self.b, &self.shares[0]);
        sums(&self.windows, &mut self.b, &mut self.across, DISTANCES[0]);
        for i in [1, 0] {
            scale(&mut self.a, &self.shares[i]);
            sums(&self.windows, &mut self.a, &mut self.across, DISTANCES[i]);
        }
        for p in 0..n {
            add(p, 1, self.b[p]);
            add(p, 2, self.a[p]);
        }
    }
}

#[inline(always)]
fn scale<L: Lanes>(of: &mut [Wide<L>], by: &[L::Real]) {
    for (of, &by) in of.iter_mut().zip(by) {
        *of = of.times(Wide::splat(by));
    }
}

#[inline(always)]
fn three<L: Lanes>(a: Wide<L>, b: Wide<L>, c: Wide<L>) -> Wide<L> {
    a.plus(b).plus(c)
}

/// In place of each window's numbers their sum over the windows at the distances −s, 0, s in rows and in columns.
#[inline(always)]
fn sums<L: Lanes>(windows: &Windows, of: &mut [Wide<L>], across: &mut [Wide<L>], s: usize) {
    let (rows, columns, torus) = (windows.rows, windows.columns, windows.origin == 0);
    let none = Wide::default();
    // The distance back to a place that exists, or nothing.
    let before = |at: usize, n: usize| if at >= s { Some(at - s) } else { torus.then(|| (at + n * s - s) % n) };
    let after = |at: usize, n: usize| if at + s < n { Some(at + s) } else { torus.then(|| (at + s) % n) };
    for (from, to) in of.chunks_exact(columns).zip(across.chunks_exact_mut(columns)) {
        let inner = s.min(columns)..columns.saturating_sub(s).max(s.min(columns));
        for c in inner.clone() {
            to[c] = three(from[c - s], from[c], from[c + s]);
        }
        for c in (0..inner.start).chain(inner.end..columns) {
            let end = |at: Option<usize>| at.map_or(none, |at| from[at]);
            to[c] = three(end(before(c, columns)), from[c], end(after(c, columns)));
        }
    }
    for (row, to) in of.chunks_exact_mut(columns).enumerate() {
        let row_at = |row: usize| &across[row * columns..][..columns];
        let here = row_at(row);
        match (before(row, rows), after(row, rows)) {
            (Some(up), Some(down)) => {
                let (up, down) = (row_at(up), row_at(down));
                for c in 0..columns {
                    to[c] = three(up[c], here[c], down[c]);
                }
            }
            (up, down) => {
                to.copy_from_slice(here);
                for other in [up, down].into_iter().flatten() {
                    for (to, other) in to.iter_mut().zip(row_at(other)) {
                        *to = to.plus(*other);
                    }
                }
            }
        }
    }
}

const _: () = assert!(LANES * 2 == WIDE);
