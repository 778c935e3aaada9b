//! Losses and gradients of a minibatch's grids, by parts that are worked on side by side.

use super::agents::{Pairs, Scorer, Scores, chosen};
use super::critic::Critic;
use super::known::LOG_P;
use super::lanes::{LANES, Lanes, MOST, Real, Vector, WIDE, Wide, eight};
use super::model::{Back, Net, PAIRS, PROJECTED, Room, Slopes, forward};
use super::rollout::{Extent, Settings, World};
use crate::spec::{COLOURS, SLOTS};

/// Blocks of windows of which a part keeps what went forward for the way back.
pub const KEPT: usize = 64;
/// Numbers of a window's row of what flows back: by pair; their sum; of how many agents; the critic's.
pub const ROW: usize = PROJECTED_AT + PROJECTED;
const SUM: usize = PAIRS;
const COUNT: usize = PAIRS + 1;
const PROJECTED_AT: usize = (COUNT + 1).next_multiple_of(LANES);

/// Sums over a minibatch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    pub policy: f64,
    pub aggregator: f64,
    pub value: f64,
    pub entropy: f64,
    pub aggregator_entropy: f64,
    pub kl: f64,
    pub clipped: f64,
}

impl Losses {
    pub fn add(&mut self, o: &Self) {
        self.policy += o.policy;
        self.aggregator += o.aggregator;
        self.value += o.value;
        self.entropy += o.entropy;
        self.aggregator_entropy += o.aggregator_entropy;
        self.kl += o.kl;
        self.clipped += o.clipped;
    }
}

/// What one part of a chunk adds up.
pub struct Part<L: Lanes> {
    /// The first few blocks of windows stay for the way back; the last one's room is used again and again.
    pub rooms: Vec<Room<L::Windows>>,
    pub back: Back<L::Windows>,
    pub slopes: Slopes<L::Windows>,
    pub critic: Critic<L>,
    /// Of windows that this part's agents have: what flows back.
    pub rows: Vec<L::Real>,
    /// Each of the chunk's windows' row, where the stamp is the chunk's.
    pub places: Vec<(u32, u32)>,
    pub taken: u32,
    pub g: Vec<Wide<L>>,
    pub value: (Wide<L>, L::Real),
    /// Of the grid at hand: each agent's window and row; log-probabilities or slopes; advantages; those of pixels.
    pub windows: Vec<(u32, u32)>,
    pub log_p: Vec<L::Real>,
    pub advantages: Vec<L::Real>,
    pub of_pixels: Vec<L::Real>,
    pub losses: Losses,
}

/// A chunk's distinct windows, and what f makes of them.
pub struct Distinct<'a, R> {
    /// Of every distinct window of the rollout: the chunk that it was last met in, and its number there.
    pub numbers: &'a [(u32, u32)],
    pub log_p: &'a [R],
    pub projected: &'a [R],
    pub chunk: u32,
    /// Means by which advantages and returns are normalised: mean and one over the deviation.
    pub advantages: (f64, f64),
    pub returns: (f64, f64),
    /// The window of each pixel, where it is not the pixel's number.
    pub own: &'a [u32],
}

impl<L: Lanes> Part<L> {
    pub fn new(net: &Net<L>, extent: &Extent) -> Self {
        let zeros = |n| vec![L::Real::default(); n];
        Self {
            rooms: Vec::new(),
            back: Back::new(net),
            slopes: Slopes::new(net),
            critic: Critic::new(extent.windows),
            rows: Vec::new(),
            places: Vec::new(),
            taken: 0,
            g: vec![Wide::default(); PAIRS + 2],
            value: Default::default(),
            windows: vec![(0, 0); extent.agents],
            log_p: zeros(extent.agents),
            advantages: zeros(extent.agents),
            of_pixels: zeros(extent.cells),
            losses: Losses::default(),
        }
    }

    /// Losses and slopes of the agents and pixels of one grid; `share` is one over the minibatch's agents, and its pixels.
    #[inline(always)]
    pub fn grid(
        &mut self,
        net: &Net<L>,
        of: &Settings,
        world: &World<L::Real>,
        t: usize,
        distinct: &Distinct<L::Real>,
        share: (f64, f64),
    ) {
        let Extent { windows, agents, .. } = of.extent;
        let (n, here) = (windows.count(), t * agents..(t + 1) * agents);
        let (ids, proposals) = (&world.ids[here.clone()], &world.proposals[here.clone()]);
        let (raw, old) = (&world.advantages[here.clone()], &world.values[here.clone()]);
        let (mean, scale) = (L::Real::of(distinct.advantages.0), L::Real::of(distinct.advantages.1));
        for p in 0..n {
            self.advantages[p] = (raw[p] - mean) * scale;
        }
        for p in 0..n {
            let number = distinct.numbers[ids[p] as usize].1;
            let place = &mut self.places[number as usize];
            if place.0 != distinct.chunk {
                *place = (distinct.chunk, self.taken);
                self.taken += 1;
                let end = self.taken as usize * ROW;
                if self.rows.len() < end {
                    self.rows.resize(2 * end, L::Real::default());
                }
                self.rows[end - ROW..end].fill(L::Real::default());
            }
            self.windows[p] = (number, place.1);
        }

        // f's policy: the new log-probabilities, then their slopes, and these by pair to the window's row. Neighbours
        // that saw and did the same, as most do where little happens, are looked at together.
        let alike = |p: usize| p > 0 && ids[p] == ids[p - 1] && proposals[p] == proposals[p - 1];
        for p in 0..n {
            if alike(p) {
                self.log_p[p] = self.log_p[p - 1];
                continue;
            }
            let row = &distinct.log_p[self.windows[p].0 as usize * LOG_P..][..LOG_P];
            let mut sum = [L::Real::default(); 3];
            for k in 0..SLOTS {
                sum[k % 3] += row[proposals[p][k] as usize % LOG_P];
            }
            self.log_p[p] = sum[0] + sum[1] + sum[2];
        }
        let mut sums = [L::default(); 3];
        let each = L::of(share.0);
        for p in (0..agents).step_by(LANES) {
            let log_ratio = L::load(&self.log_p[p..]) - L::load(&world.log_p[here.start + p..]);
            let of = surrogate(log_ratio, L::load(&self.advantages[p..]), of.clip);
            sums[0] += of.loss;
            sums[1] += of.kl;
            sums[2] += of.clipped;
            (of.slope * each).store(&mut self.log_p[p..]);
        }
        self.losses.policy += sums[0].sum().f64();
        self.losses.kl += sums[1].sum().f64();
        self.losses.clipped += sums[2].sum().f64();
        let mut p = 0;
        while p < n {
            let (first, mut d) = (p, self.log_p[p]);
            p += 1;
            while p < n && alike(p) {
                d += self.log_p[p];
                p += 1;
            }
            let row = &mut self.rows[self.windows[first].1 as usize * ROW..][..ROW];
            for k in 0..SLOTS {
                row[proposals[first][k] as usize % ROW] += d;
            }
            row[SUM] += d;
            row[COUNT] += L::Real::of((p - first) as f64);
        }
        self.values(net, of, distinct, raw, old, share.0);
        self.pixels(net, of, world, t, distinct, share.1);
    }

    /// V's loss, and its slopes to the windows' rows.
    #[inline(always)]
    pub fn values(
        &mut self,
        net: &Net<L>,
        of: &Settings,
        distinct: &Distinct<L::Real>,
        raw: &[L::Real],
        old: &[L::Real],
        share: f64,
    ) {
        let weights = net.value();
        let weights = Wide::<L>::load(&weights);
        let coef = L::Real::of(of.value_coef * share);
        let (mean, scale) = (L::Real::of(distinct.returns.0), L::Real::of(distinct.returns.1));
        let (mut loss, mut dweight, mut dbias) = (L::Real::default(), Wide::default(), L::Real::default());
        let windows = &self.windows;
        self.critic.forward(
            net,
            distinct.projected,
            #[inline(always)]
            |p| windows[p].0 as usize,
            #[inline(always)]
            |p, value, hidden| {
                let error = value - (raw[p] + old[p] - mean) * scale;
                loss = error.mul_add(error, loss);
                let d = error * coef;
                dweight = hidden.value.mul_add(Wide::splat(d), dweight);
                dbias += d;
                Wide::splat(d).times(weights).times(hidden.slope)
            },
        );
        self.losses.value += 0.5 * loss.f64();
        self.value.0 = self.value.0.plus(dweight);
        self.value.1 += dbias;
        // Neighbours with the same window are added up first.
        let rows = &mut self.rows;
        let (mut last, mut sum) = (PROJECTED_AT, Wide::default());
        self.critic.backward(
            #[inline(always)]
            |p, i, d| {
                let at = windows[p].1 as usize * ROW + PROJECTED_AT + i * WIDE;
                if at == last {
                    sum = sum.plus(d);
                } else {
                    sum.add_to(&mut rows[last..]);
                    (last, sum) = (at, d);
                }
            },
        );
        sum.add_to(&mut rows[last..]);
    }

    /// g's policy.
    #[inline(always)]
    pub fn pixels(
        &mut self,
        net: &Net<L>,
        of: &Settings,
        world: &World<L::Real>,
        t: usize,
        distinct: &Distinct<L::Real>,
        share: f64,
    ) {
        let (size, cells) = (of.extent.size(), of.extent.cells);
        let here = t * cells..(t + 1) * cells;
        let (votes, next) = (&world.votes[here.clone()], &world.states[here.end..][..cells]);
        if distinct.own.is_empty() {
            self.of_pixels[..size].copy_from_slice(&self.advantages[..size]);
        } else {
            for (to, &own) in self.of_pixels.iter_mut().zip(distinct.own) {
                *to = self.advantages[own as usize];
            }
        }
        let each = L::of(share * net.coolness.1);
        let bonus = L::of(of.entropy_coef);
        let mut sums = [L::default(); 2];
        let mut scorer = Scorer::new(net);
        for q in (0..size).step_by(LANES) {
            let (Scores { log_p: z, p }, alike) = scorer.look(&votes[q..]);
            let mut h = L::default();
            for c in 0..COLOURS {
                h = h - p[c] * z[c];
            }
            let colour = L::small(
                #[inline(always)]
                |l| next[q + l],
            );
            let log_ratio = chosen(z, colour) - L::load(&world.colour_log_p[here.start + q..]);
            let of = surrogate(log_ratio, L::load(&self.of_pixels[q..]), of.clip);
            let lanes = LANES.min(size - q);
            let there = if lanes == LANES {
                L::of(1.0)
            } else {
                L::load(&eight(
                    #[inline(always)]
                    |l| L::Real::of(if l < lanes { 1.0 } else { 0.0 }),
                ))
            };
            sums[0] += of.loss * there;
            sums[1] += h * there;
            let mut dz = [L::default(); WIDE];
            for c in 0..COLOURS {
                let held = (bonus * (z[c] + h) - of.slope).mul_add(p[c], colour.equal(L::of(c as f64), of.slope));
                dz[c] = held * each;
            }
            let low = L::transpose(eight(
                #[inline(always)]
                |c| dz[c],
            ));
            let high = L::transpose(eight(
                #[inline(always)]
                |c| dz[LANES + c],
            ));
            let g = &mut self.g;
            if alike && lanes == LANES {
                let mut sum = Wide([low[0], high[0]]);
                for l in 1..LANES {
                    sum = sum.plus(Wide([low[l], high[l]]));
                }
                vote(g, &votes[q], sum);
            } else {
                for l in 0..lanes {
                    vote(g, &votes[q + l], Wide([low[l], high[l]]));
                }
            }
        }
        self.losses.aggregator += sums[0].sum().f64();
        self.losses.aggregator_entropy += sums[1].sum().f64();
    }

    /// The way back through a block of the chunk's windows, given what flows back to each.
    #[inline(always)]
    pub fn back(
        &mut self,
        net: &Net<L>,
        of: &Settings,
        windows: &[[u8; SLOTS]],
        i: usize,
        sums: &[[L::Real; ROW]; MOST],
        share: f64,
    ) {
        let mut columns = [L::Windows::default(); ROW];
        for i in (0..ROW).step_by(LANES) {
            let eight = L::Windows::columns(
                #[inline(always)]
                |l| &sums[l][i..],
            );
            columns[i..i + LANES].copy_from_slice(&eight);
        }
        let (room, back) = (&mut self.rooms[i.min(KEPT)], &mut self.back);
        if i >= KEPT {
            forward(net, windows, room);
        }
        let (sum, times) = (columns[SUM], columns[COUNT]);
        let (bonus, cool) = (times * L::Windows::of(of.entropy_coef * share), L::Windows::of(net.coolness.0));
        let mut entropy = L::Windows::default();
        for k in 0..SLOTS {
            let h = room.entropy[k];
            entropy += h;
            for c in 0..COLOURS {
                let slope = bonus * (room.log_p[c][k] + h) - sum;
                back.dlogits[c][k] = room.p[c][k].mul_add(slope, columns[COLOURS * k + c]) * cool;
            }
        }
        self.losses.entropy += (entropy * times).sum().f64();
        back.dprojected.copy_from_slice(&columns[PROJECTED_AT..]);
        self.slopes.backward(net, windows, room, back);
    }
}

/// Adds a pixel's slopes by z to the rows of g that it took.
#[inline(always)]
pub fn vote<L: Lanes>(g: &mut [Wide<L>], votes: &Pairs, d: Wide<L>) {
    for k in 0..SLOTS {
        let to = &mut g[votes[k] as usize];
        *to = to.plus(d);
    }
    g[PAIRS] = g[PAIRS].plus(d);
}

/// A clipped loss: −min(r·A, clip(r, 1 ± ε)·A); its slope by ln r; (r − 1) − ln r; 1 where r is beyond the clip.
pub struct Surrogate<L> {
    pub loss: L,
    pub slope: L,
    pub kl: L,
    pub clipped: L,
}

#[inline(always)]
pub fn surrogate<L: Lanes>(log_ratio: L, a: L, clip: f64) -> Surrogate<L> {
    let one = L::of(1.0);
    let r = log_ratio.exp();
    let (low, high) = (L::of(1.0 - clip), L::of(1.0 + clip));
    let (free, held) = (r * a, r.larger(low).smaller(high) * a);
    let zero = L::default();
    let off = r - one;
    let beyond = off.larger(zero - off).more(L::of(clip), one, zero);
    Surrogate {
        loss: zero - free.smaller(held),
        slope: free.le(held, zero - free),
        kl: off - log_ratio,
        clipped: beyond,
    }
}
