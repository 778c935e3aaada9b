//! What is done for every agent and every pixel: random numbers, proposals, votes, g.
//!
//! A proposal is nine **pairs** 10·slot + colour: rows of g, and of a window's log-probabilities.

use super::known::{CUTS, Known, LOG_P};
use super::lanes::{LANES, Lanes, Real, WIDE, Wide, eight};
use super::model::{Net, PAIRS, softmax};
use crate::spec::grid::Windows;
use crate::spec::philox::{Stream, philox};
use crate::spec::{COLOURS, SLOTS};

/// A window's pairs, or a pixel's, padded.
pub type Pairs = [u8; 16];
/// The pair of a vote that there is none of.
pub const ABSENT: u8 = PAIRS as u8 + 1;

/// Where random numbers come from: the run's seed, the step and the world.
#[derive(Clone, Copy)]
pub struct Noise {
    pub seed: u32,
    pub step: u32,
    pub world: u32,
}

impl Noise {
    /// The words of eight counters that differ in their third word.
    #[inline(always)]
    fn words(self, stream: Stream, thirds: [u32; LANES], fourth: u32) -> [[u32; LANES]; 4] {
        let mut out = [[0; LANES]; 4];
        for l in 0..LANES {
            let words = philox([self.step, self.world, thirds[l], fourth], [self.seed, stream as u32]);
            for (out, word) in out.iter_mut().zip(words) {
                out[l] = word;
            }
        }
        out
    }

    /// The numbers of slots 0 to 7 of eight agents, an agent a row, and those of slot 8.
    #[inline(always)]
    fn of_proposals<L: Lanes>(self, first: u32) -> ([L; LANES], [L::Real; LANES]) {
        let agents = eight(
            #[inline(always)]
            |l| first + l as u32,
        );
        let (a, b) = (self.words(Stream::Proposal, agents, 0), self.words(Stream::Proposal, agents, 1));
        let unit = |words: [u32; LANES]| {
            L::unit(eight(
                #[inline(always)]
                |l| words[l] >> 9,
            ))
        };
        let rows = L::transpose([
            unit(a[0]),
            unit(a[1]),
            unit(a[2]),
            unit(a[3]),
            unit(b[0]),
            unit(b[1]),
            unit(b[2]),
            unit(b[3]),
        ]);
        let left = eight(
            #[inline(always)]
            |l| ((a[0][l] & 511) << 14) | ((a[1][l] & 511) << 5) | (a[2][l] & 31),
        );
        (rows, L::unit(left).array())
    }

    /// The numbers of the pixels of some rows.
    #[inline(always)]
    pub fn of_pixels<L: Lanes>(self, windows: &Windows, rows: std::ops::Range<usize>, to: &mut [L::Real]) {
        let (width, fours) = (windows.width, windows.fours());
        for first in (rows.start * fours..rows.end * fours).step_by(LANES) {
            let words = self.words(
                Stream::Colour,
                eight(
                    #[inline(always)]
                    |l| (first + l) as u32,
                ),
                0,
            );
            let mut reals = [[L::Real::default(); LANES]; 4];
            for (reals, words) in reals.iter_mut().zip(words) {
                *reals = L::unit(eight(
                    #[inline(always)]
                    |l| words[l] >> 9,
                ))
                .array();
            }
            for l in 0..LANES.min(rows.end * fours - first) {
                let (row, column) = ((first + l) / fours - rows.start, (first + l) % fours * 4);
                let to = &mut to[row * width + column..];
                for i in 0..4.min(width - column) {
                    to[i] = reals[i][l];
                }
            }
        }
    }
}

/// Draws the proposals of the agents from number `first` on, as many as there are rooms for; where learning, their
/// log-probabilities too. `ids` has eight more where their number is no multiple of eight.
#[inline(always)]
pub fn propose<L: Lanes>(
    known: &Known<L>,
    ids: &[u32],
    first: usize,
    noise: Noise,
    greedy: bool,
    proposals: &mut [Pairs],
    mut log_p: Option<&mut [L::Real]>,
) {
    let one = L::of(1.0);
    let mut tens = [L::Real::default(); LANES];
    for (k, ten) in tens.iter_mut().enumerate() {
        *ten = L::Real::of((COLOURS * k) as f64);
    }
    let tens = L::load(&tens);
    for (i, to) in proposals.chunks_mut(LANES).enumerate() {
        let ids = &ids[LANES * i..];
        if greedy {
            for (to, &id) in to.iter_mut().zip(ids) {
                for (k, &colour) in known.likeliest[id as usize].iter().enumerate() {
                    to[k] = (COLOURS * k) as u8 + colour;
                }
            }
            continue;
        }
        let (reals, last_reals) = noise.of_proposals::<L>((first + LANES * i) as u32);
        for (l, to) in to.iter_mut().enumerate() {
            let cuts = &known.cuts[ids[l] as usize * CUTS..][..CUTS];
            let mut drawn = tens;
            for c in 0..COLOURS - 1 {
                drawn += L::load(&cuts[LANES * c..]).le(reals[l], one);
            }
            let last = &cuts[LANES * (COLOURS - 1)..][..LANES + 1];
            let real = last_reals[l];
            let colour = L::load(last).le(L::splat(real), one).sum().f64() as usize + usize::from(last[LANES] <= real);
            let drawn = drawn.ints();
            for k in 0..LANES {
                to[k] = drawn[k] as u8;
            }
            to[LANES] = (COLOURS * LANES + colour) as u8;
            if let Some(log_p) = &mut log_p {
                let row = &known.log_p[ids[l] as usize * LOG_P..][..LOG_P];
                let mut sum = row[COLOURS * LANES + colour];
                for k in 0..LANES {
                    sum += row[drawn[k] as usize % LOG_P];
                }
                log_p[LANES * i + l] = sum;
            }
        }
    }
}

/// The votes for the pixels of a row: slot k of the window centred at the pixel minus its offset.
#[inline(always)]
pub fn collect(windows: &Windows, proposals: &[Pairs], row: usize, votes: &mut [Pairs]) {
    let (columns, torus) = (windows.columns, windows.origin == 0);
    for k in 0..SLOTS {
        let window_row = ((row + windows.height + 1 - k / 3) % windows.height).checked_sub(windows.origin);
        let Some(window_row) = window_row.filter(|&row| row < windows.rows) else {
            votes.iter_mut().for_each(|votes| votes[k] = ABSENT);
            continue;
        };
        let from = &proposals[window_row * columns..][..columns];
        // The window that votes for column c is in column c + 1 − back.
        let back = k % 3 + windows.origin;
        let (first, skipped) = (back.saturating_sub(1), usize::from(back == 0));
        for (votes, from) in votes[first..].iter_mut().zip(&from[skipped..]) {
            votes[k] = from[k];
        }
        let ends = (0..first).chain((first + columns - skipped).min(windows.width)..windows.width);
        for c in ends {
            votes[c][k] = if torus { from[(c + columns + 1 - back) % columns][k] } else { ABSENT };
        }
    }
}

/// z of eight pixels, over g's temperature, a colour a row.
#[inline(always)]
fn merge<L: Lanes>(g: &[Wide<L>], votes: &[Pairs]) -> [L; COLOURS] {
    let mut rows = [g[PAIRS]; LANES];
    for l in 0..LANES {
        for k in 0..SLOTS {
            rows[l] = rows[l].plus(g[votes[l][k] as usize]);
        }
    }
    let low = L::transpose(eight(
        #[inline(always)]
        |l| rows[l].0[0],
    ));
    let high = L::transpose(eight(
        #[inline(always)]
        |l| rows[l].0[1],
    ));
    let mut z = [L::default(); COLOURS];
    z[..LANES].copy_from_slice(&low);
    z[LANES..].copy_from_slice(&high[..COLOURS - LANES]);
    z
}

const _: () = assert!(COLOURS <= WIDE);

/// The log-probability of each lane's colour.
#[inline(always)]
pub fn chosen<L: Lanes>(log_p: &[L; COLOURS], colour: L) -> L {
    let mut out = L::default();
    for c in 0..COLOURS {
        out += colour.equal(L::of(c as f64), log_p[c]);
    }
    out
}

/// g of eight pixels: log-probabilities and probabilities, a colour a row.
#[derive(Clone, Copy)]
pub struct Scores<L> {
    pub log_p: [L; COLOURS],
    pub p: [L; COLOURS],
}

/// g of pixels, eight after the other: where eight have the same votes, as most have where little happens, and as the
/// eight before, nothing is computed.
pub struct Scorer<'a, L: Lanes> {
    g: &'a [Wide<L>],
    last: Option<Pairs>,
    scores: Scores<L>,
}

impl<'a, L: Lanes> Scorer<'a, L> {
    #[inline(always)]
    pub fn new(net: &'a Net<L>) -> Self {
        let none = [L::default(); COLOURS];
        Self { g: &net.votes, last: None, scores: Scores { log_p: none, p: none } }
    }

    /// Of the next eight; and whether all of them have the same votes.
    #[inline(always)]
    pub fn look(&mut self, votes: &[Pairs]) -> (&Scores<L>, bool) {
        let alike = votes[1..LANES].iter().all(|other| *other == votes[0]);
        if !alike || self.last != Some(votes[0]) {
            self.scores.log_p = merge(self.g, votes);
            self.scores.p = softmax(&mut self.scores.log_p);
            self.last = alike.then_some(votes[0]);
        }
        (&self.scores, alike)
    }
}

/// Draws the next colours of pixels with these votes and random numbers, of which there are whole eights; where
/// learning, their log-probabilities too.
#[inline(always)]
pub fn draw<L: Lanes>(
    net: &Net<L>,
    votes: &[Pairs],
    reals: &[L::Real],
    greedy: bool,
    next: &mut [u8],
    mut log_p: Option<&mut [L::Real]>,
) {
    let mut scorer = Scorer::new(net);
    for (i, (next, reals)) in next.chunks_mut(LANES).zip(reals.chunks_exact(LANES)).enumerate() {
        let (Scores { log_p: z, p }, _) = scorer.look(&votes[LANES * i..]);
        let mut colour = L::default();
        if greedy {
            let mut best = z[0];
            for c in 1..COLOURS {
                colour = z[c].more(best, L::of(c as f64), colour);
                best = best.larger(z[c]);
            }
        } else {
            let (mut below, real) = (L::default(), L::load(reals));
            for p in &p[..COLOURS - 1] {
                below += *p;
                colour += below.le(real, L::of(1.0));
            }
        }
        if let Some(log_p) = &mut log_p {
            chosen(z, colour).store(&mut log_p[LANES * i..]);
        }
        for (next, colour) in next.iter_mut().zip(colour.ints()) {
            *next = colour as u8;
        }
    }
}
