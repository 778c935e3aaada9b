//! Worlds to learn on: rollouts, and PPO's updates from them.
//!
//! Work is cut into parts that depend on the worlds alone, never on the number of threads, and what parts add up is added
//! in their order: so the same bits come out of any number of threads.

use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::agents::{Noise, Pairs, Scorer, Scores, chosen, collect, draw, propose};
use super::critic::Critic;
use super::judge::Judge;
use super::known::{self, Ids, KNOWN, Keep, Keys, Known, LOG_P, colours, put_log_p, to_rows};
use super::lanes::{LANES, Lanes, MOST, Real, Vector, WIDE, Wide, eight};
use super::model::{Back, Net, PAIRS, PROJECTED, Room, Slopes, fold_embedded, forward};
use crate::engine::{self, EngineError, Minibatch, Report};
use crate::spec::config::Config;
use crate::spec::grid::{Grid, Windows};
use crate::spec::optimiser::Optimiser;
use crate::spec::params::Params;
use crate::spec::scenario::Scenario;
use crate::spec::terms::TERMS;
use crate::spec::{COLOURS, CRITIC_RATE, SLOTS};

/// Parts of a minibatch that are worked on side by side, at most.
const PARTS: usize = 8;
/// Blocks of windows that are worth a part.
const PART_BLOCKS: usize = 8;
/// Blocks of windows of which a part keeps what went forward for the way back.
const KEPT: usize = 64;
/// Agents of a minibatch that are looked at together.
const CHUNK: usize = 1 << 15;
/// Seconds that a slice of a rollout should take.
const SLICE: f64 = 0.01;
/// Numbers of a window's row of what flows back: by pair; their sum; of how many agents; the critic's.
const ROW: usize = PROJECTED_AT + PROJECTED;
const SUM: usize = PAIRS;
const COUNT: usize = PAIRS + 1;
const PROJECTED_AT: usize = (COUNT + 1).next_multiple_of(LANES);
/// The smallest deviation of returns: constant ones must not divide by 0.
const MIN_STD: f64 = 1e-4;

/// The sizes of a rollout.
#[derive(Clone, Copy)]
struct Extent {
    windows: Windows,
    worlds: usize,
    steps: usize,
    /// Windows and cells of a grid, to whole vectors.
    agents: usize,
    cells: usize,
}

impl Extent {
    fn new(config: &Config, steps: usize) -> Self {
        let ((height, width), worlds) = (config.world.size, config.world.count);
        let windows = Windows::new(height, width, config.world.boundary);
        let agents = windows.count().next_multiple_of(LANES);
        Self { windows, worlds, steps, agents, cells: (height * width).next_multiple_of(LANES) }
    }

    fn size(&self) -> usize {
        self.windows.height * self.windows.width
    }
}

/// What happened to one world, a grid a step.
struct World<R> {
    states: Vec<u8>,
    ids: Vec<u32>,
    proposals: Vec<Pairs>,
    votes: Vec<Pairs>,
    log_p: Vec<R>,
    colour_log_p: Vec<R>,
    /// In units of return, of T + 1 states.
    values: Vec<R>,
    /// Rewards until the rollout is at its end.
    advantages: Vec<R>,
    term_sums: [f64; TERMS],
    /// Sums over agents and steps of advantages and returns, then of their squared deviations.
    moments: [f64; 4],
}

impl<R: Real> World<R> {
    fn new(extent: &Extent) -> Self {
        let (agents, cells, steps) = (extent.agents, extent.cells, extent.steps);
        let zeros = |n| vec![R::default(); n];
        Self {
            states: vec![0; (steps + 1) * cells],
            ids: vec![0; (steps + 1) * agents],
            proposals: vec![Pairs::default(); steps * agents],
            votes: vec![Pairs::default(); steps * cells],
            log_p: zeros(steps * agents),
            colour_log_p: zeros(steps * cells),
            values: zeros((steps + 1) * agents),
            advantages: zeros(steps * agents),
            term_sums: [0.0; TERMS],
            moments: [0.0; 4],
        }
    }
}

/// Worlds that share a table of windows, and the room to look at them.
struct Shard<L: Lanes> {
    first: usize,
    worlds: Vec<World<L::Real>>,
    known: Known<L>,
    /// Whether the table was begun anew since the rollout began: numbers of windows then mean several.
    forgot: bool,
    keys: Keys,
    critic: Critic<L>,
    judge: Judge,
    reals: Vec<L::Real>,
}

impl<L: Lanes> Shard<L> {
    /// Knows, and values, the windows of every world's state after `t` steps.
    #[inline(always)]
    fn look(&mut self, net: &Net<L>, of: &Settings, world: usize, t: usize) {
        let Extent { windows, agents, cells, .. } = of.extent;
        let world = &mut self.worlds[world];
        self.keys.look(&windows, &world.states[t * cells..][..of.extent.size()], 0..windows.rows);
        let ids = &mut world.ids[t * agents..][..agents];
        if self.known.ids.keys.len() > KNOWN {
            self.known.clear(Keep::All);
            self.forgot = true;
        }
        self.known.look_up(net, &self.keys.keys, of.once, ids);
        let values = &mut world.values[t * agents..][..agents];
        let (mean, std) = (L::Real::of(of.returns.0), L::Real::of(of.returns.1));
        self.critic.forward(
            net,
            &self.known.projected,
            #[inline(always)]
            |p| ids[p] as usize,
            #[inline(always)]
            |p, value, _| {
                values[p] = value.mul_add(std, mean);
                Wide::default()
            },
        );
    }

    #[inline(always)]
    fn step(&mut self, net: &Net<L>, of: &Settings, t: usize, step: u32) {
        let Extent { windows, agents, cells, .. } = of.extent;
        for w in 0..self.worlds.len() {
            self.look(net, of, w, t);
            let (world, noise) = (&mut self.worlds[w], Noise { seed: of.seed, step, world: (self.first + w) as u32 });
            let (here, pixels) = (t * agents..(t + 1) * agents, t * cells..(t + 1) * cells);
            let proposals = &mut world.proposals[here.clone()];
            let (ids, log_p) = (&world.ids[here.clone()], &mut world.log_p[here.clone()]);
            propose(&self.known, ids, 0, noise, false, &mut proposals[..windows.count()], Some(log_p));
            let votes = &mut world.votes[pixels.clone()];
            for (row, votes) in votes[..of.extent.size()].chunks_exact_mut(windows.width).enumerate() {
                collect(&windows, proposals, row, votes);
            }
            noise.of_pixels::<L>(&windows, 0..windows.height, &mut self.reals);
            let (before, after) = world.states.split_at_mut((t + 1) * cells);
            let next = &mut after[..of.extent.size()];
            draw(net, votes, &self.reals, false, next, Some(&mut world.colour_log_p[pixels]));
            self.judge.judge(&before[t * cells..][..of.extent.size()], next);
            self.judge.pay(&mut world.advantages[here]);
            for (sum, mean) in world.term_sums.iter_mut().zip(self.judge.means) {
                *sum += mean;
            }
        }
    }

    /// Advantages in place of rewards, and the sums of them and of returns.
    #[inline(always)]
    fn advantages(&mut self, of: &Settings) {
        let Extent { windows, agents, steps, .. } = of.extent;
        let (gamma, decay) = (L::Real::of(of.gamma), L::Real::of(of.gamma * of.lambda));
        for world in &mut self.worlds {
            let mut ahead = vec![L::Real::default(); agents];
            for t in (0..steps).rev() {
                let paid = &mut world.advantages[t * agents..][..agents];
                let (now, next) = world.values[t * agents..][..2 * agents].split_at(agents);
                for p in 0..agents {
                    ahead[p] = paid[p] + gamma * next[p] - now[p] + decay * ahead[p];
                    paid[p] = ahead[p];
                }
            }
            world.moments = [0.0; 4];
            for (advantages, values) in world.advantages.chunks_exact(agents).zip(world.values.chunks_exact(agents)) {
                for (a, v) in advantages[..windows.count()].iter().zip(values) {
                    world.moments[0] += a.f64();
                    world.moments[1] += (*a + *v).f64();
                }
            }
        }
    }

    /// Sums of squared deviations from the means of all.
    #[inline(always)]
    fn spreads(&mut self, of: &Settings, means: (f64, f64)) {
        let Extent { windows, agents, .. } = of.extent;
        for world in &mut self.worlds {
            for (advantages, values) in world.advantages.chunks_exact(agents).zip(world.values.chunks_exact(agents)) {
                for (a, v) in advantages[..windows.count()].iter().zip(values) {
                    world.moments[2] += (a.f64() - means.0).powi(2);
                    world.moments[3] += ((*a + *v).f64() - means.1).powi(2);
                }
            }
        }
    }
}

/// What a rollout and an update depend on besides parameters and data.
#[derive(Clone)]
struct Settings {
    extent: Extent,
    seed: u32,
    once: bool,
    gamma: f64,
    lambda: f64,
    clip: f64,
    entropy_coef: f64,
    value_coef: f64,
    /// Of the rollout before: V's mean and deviation.
    returns: (f64, f64),
}

/// Sums over a minibatch.
#[derive(Clone, Copy, Debug, Default)]
struct Losses {
    policy: f64,
    aggregator: f64,
    value: f64,
    entropy: f64,
    aggregator_entropy: f64,
    kl: f64,
    clipped: f64,
}

impl Losses {
    fn add(&mut self, o: &Self) {
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
struct Part<L: Lanes> {
    /// The first few blocks of windows stay for the way back; the last one's room is used again and again.
    rooms: Vec<Room<L::Windows>>,
    back: Back<L::Windows>,
    slopes: Slopes<L::Windows>,
    critic: Critic<L>,
    /// Of windows that this part's agents have: what flows back.
    rows: Vec<L::Real>,
    /// Each of the chunk's windows' row, where the stamp is the chunk's.
    places: Vec<(u32, u32)>,
    taken: u32,
    g: Vec<Wide<L>>,
    value: (Wide<L>, L::Real),
    /// Of the grid at hand: each agent's window and row; log-probabilities or slopes; advantages; those of pixels.
    windows: Vec<(u32, u32)>,
    log_p: Vec<L::Real>,
    advantages: Vec<L::Real>,
    of_pixels: Vec<L::Real>,
    losses: Losses,
}

/// A chunk's distinct windows, and what f makes of them.
struct Distinct<'a, R> {
    /// Of every distinct window of the rollout: the chunk that it was last met in, and its number there.
    numbers: &'a [(u32, u32)],
    log_p: &'a [R],
    projected: &'a [R],
    chunk: u32,
    /// Means by which advantages and returns are normalised: mean and one over the deviation.
    advantages: (f64, f64),
    returns: (f64, f64),
    /// The window of each pixel, where it is not the pixel's number.
    own: &'a [u32],
}

impl<L: Lanes> Part<L> {
    fn new(net: &Net<L>, extent: &Extent) -> Self {
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
    fn grid(
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
    fn values(
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
    fn pixels(
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
    fn back(
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
fn vote<L: Lanes>(g: &mut [Wide<L>], votes: &Pairs, d: Wide<L>) {
    for k in 0..SLOTS {
        let to = &mut g[votes[k] as usize];
        *to = to.plus(d);
    }
    g[PAIRS] = g[PAIRS].plus(d);
}

/// A clipped loss: −min(r·A, clip(r, 1 ± ε)·A); its slope by ln r; (r − 1) − ln r; 1 where r is beyond the clip.
struct Surrogate<L> {
    loss: L,
    slope: L,
    kl: L,
    clipped: L,
}

#[inline(always)]
fn surrogate<L: Lanes>(log_ratio: L, a: L, clip: f64) -> Surrogate<L> {
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

/// What the minibatches of an update came to, in sums over those that were taken.
#[derive(Default)]
struct Totals {
    losses: Losses,
    grad_norm: f64,
    taken: f64,
    kl: f64,
    not_finite: bool,
}

/// Worlds, parameters, and what PPO needs.
pub struct Training<L: Lanes> {
    pool: Arc<ThreadPool>,
    config: Config,
    settings: Settings,
    net: Net<L>,
    adam: (Vec<L::Real>, Vec<L::Real>, u32),
    /// Advantages' mean and deviation.
    advantages: (f64, f64),
    explained_variance: f64,
    shards: Vec<Shard<L>>,
    parts: Vec<Part<L>>,
    /// The rollout's windows.
    distinct: Vec<u32>,
    numbers: Vec<(u32, u32)>,
    chunk: u32,
    log_p: Vec<L::Real>,
    projected: Vec<L::Real>,
    gradient: Vec<L::Real>,
    dembedded: Vec<L::Real>,
    losses: Losses,
    totals: Totals,
    own: Vec<u32>,
    /// Seconds that a step took last.
    pace: f64,
}

impl<L: Lanes> Training<L> {
    pub fn new(pool: &Arc<ThreadPool>, scenario: &Scenario, steps: usize) -> Self {
        let config = scenario.config.clone();
        let extent = Extent::new(&config, steps);
        let settings = settings(&config, extent, (0.0, 1.0));
        let len = Params::new(&config.model).len;
        let net = Net::new(&config, vec![L::Real::default(); len]);
        let judge = || Judge::new(&config, extent.windows, scenario.target.as_deref());
        let together = extent.worlds.div_ceil(pool.current_num_threads());
        let shards = (0..extent.worlds)
            .step_by(together)
            .map(|first| Shard {
                first,
                worlds: (first..extent.worlds.min(first + together)).map(|_| World::new(&extent)).collect(),
                known: Known::new(&net, Keep::All),
                forgot: false,
                keys: Keys::default(),
                critic: Critic::new(extent.windows),
                judge: judge(),
                reals: vec![L::Real::default(); extent.cells],
            })
            .collect();
        let windows = extent.windows;
        let nearest = |at: usize, count: usize| at.saturating_sub(windows.origin).min(count - 1);
        let own = |q: usize| {
            let (row, column) = (q / windows.width, q % windows.width);
            (nearest(row, windows.rows) * windows.columns + nearest(column, windows.columns)) as u32
        };
        let own = if windows.origin == 0 { Vec::new() } else { (0..extent.size()).map(own).collect() };
        Self {
            pool: Arc::clone(pool),
            adam: (vec![L::Real::default(); len], vec![L::Real::default(); len], 0),
            advantages: (0.0, 1.0),
            explained_variance: 0.0,
            parts: (0..PARTS.min(extent.worlds * steps)).map(|_| Part::new(&net, &extent)).collect(),
            shards,
            distinct: Vec::new(),
            numbers: Vec::new(),
            chunk: 0,
            log_p: Vec::new(),
            projected: Vec::new(),
            gradient: vec![L::Real::default(); len],
            dembedded: vec![L::Real::default(); PAIRS * 4 * config.model.d_model],
            losses: Losses::default(),
            totals: Totals::default(),
            own,
            pace: 0.0,
            config,
            settings,
            net,
        }
    }

    /// Of each world in its order.
    fn worlds(&self) -> impl Iterator<Item = &World<L::Real>> {
        self.shards.iter().flat_map(|shard| &shard.worlds)
    }

    /// Runs something on every shard, side by side.
    fn each_shard(&mut self, f: impl Fn(&mut Shard<L>, &Net<L>, &Settings) + Sync) {
        let (shards, net, settings) = (&mut self.shards, &self.net, &self.settings);
        self.pool.install(|| {
            shards.par_iter_mut().for_each(|shard| {
                L::run(
                    #[inline(always)]
                    || f(shard, net, settings),
                );
            });
        });
    }

    fn agents(&self) -> usize {
        self.settings.extent.windows.count()
    }

    /// One numbering of the windows of all shards.
    fn number(&mut self) {
        let Extent { windows, agents, cells, .. } = self.settings.extent;
        let n = windows.count();
        let once = self.settings.once;
        let (mut all, mut keys) = (Ids::new(), Keys::default());
        for shard in &mut self.shards {
            if once && !shard.forgot {
                let to: Vec<u32> = shard.known.ids.keys.iter().map(|&key| all.id(key)).collect();
                for world in &mut shard.worlds {
                    let ids = world.ids.chunks_exact_mut(agents).flat_map(|ids| &mut ids[..n]);
                    ids.for_each(|id| *id = to[*id as usize]);
                }
                continue;
            }
            for world in &mut shard.worlds {
                for (ids, state) in world.ids.chunks_exact_mut(agents).zip(world.states.chunks_exact(cells)) {
                    keys.look(&windows, state, 0..windows.rows);
                    for (id, &key) in ids.iter_mut().zip(&keys.keys) {
                        *id = if once {
                            all.id(key)
                        } else {
                            all.keys.push(key);
                            all.keys.len() as u32 - 1
                        };
                    }
                }
            }
        }
        self.distinct = all.keys;
        self.numbers.clear();
        self.numbers.resize(self.distinct.len(), (0, 0));
        self.chunk = 0;
        self.parts.iter_mut().for_each(|part| part.places.clear());
    }

    /// Adds the losses and gradients of some grids (t·worlds + world) to the minibatch's, which has `of` grids in all.
    fn chunk(&mut self, grids: &[u32], of: usize) {
        let Extent { worlds: count, agents, .. } = self.settings.extent;
        let n = self.agents();
        self.chunk += 1;
        let chunk = self.chunk;
        let worlds: Vec<&World<L::Real>> = self.shards.iter().flat_map(|shard| &shard.worlds).collect();
        let place = |grid: u32| (worlds[grid as usize % count], grid as usize / count);

        // Number the distinct windows.
        let mut windows = Vec::new();
        for &grid in grids {
            let (world, t) = place(grid);
            for &id in &world.ids[t * agents..][..n] {
                let number = &mut self.numbers[id as usize];
                if number.0 != chunk {
                    *number = (chunk, windows.len() as u32);
                    windows.push(colours(self.distinct[id as usize]));
                }
            }
        }
        let distinct = windows.len();
        let lanes = L::Windows::N;
        windows.resize(distinct.next_multiple_of(lanes), windows[0]);
        let (net, settings) = (&self.net, &self.settings);
        let (log_p, projected) = (&mut self.log_p, &mut self.projected);
        log_p.resize(log_p.len().max(windows.len() * LOG_P), L::Real::default());
        projected.resize(projected.len().max(windows.len() * PROJECTED), L::Real::default());
        let span = (windows.len() / lanes).div_ceil(self.parts.len()).max(PART_BLOCKS) * lanes;
        let parts = &mut self.parts;
        let share = (1.0 / (of * n) as f64, 1.0 / (of * settings.extent.size()) as f64);
        let per_part = grids.len().div_ceil(parts.len());
        let (numbers, own) = (&self.numbers, &self.own);
        let normalised = |(mean, std): (f64, f64), least: f64| (mean, 1.0 / (std + least));
        let (advantages, returns) = (normalised(self.advantages, 1e-8), normalised(settings.returns, 0.0));
        self.pool.install(|| {
            // Forward, to rows.
            parts
                .par_iter_mut()
                .zip(windows.par_chunks(span))
                .zip(log_p.par_chunks_mut(span * LOG_P).zip(projected.par_chunks_mut(span * PROJECTED)))
                .for_each(|((part, windows), (log_p, projected))| {
                    for (i, windows) in windows.chunks_exact(lanes).enumerate() {
                        if part.rooms.len() <= i.min(KEPT) {
                            part.rooms.push(Room::new(net));
                        }
                        let room = &mut part.rooms[i.min(KEPT)];
                        L::run(
                            #[inline(always)]
                            || {
                                forward(net, windows, room);
                                put_log_p(room, &mut log_p[i * lanes * LOG_P..], lanes);
                                to_rows(&room.projected, &mut projected[i * lanes * PROJECTED..], lanes);
                            },
                        );
                    }
                });
            // Agents and pixels.
            let of = Distinct { numbers, log_p, projected, chunk, advantages, returns, own };
            parts.par_iter_mut().for_each(|part| {
                part.losses = Losses::default();
                part.taken = 0;
                part.places.resize(part.places.len().max(distinct), (0, 0));
                part.g.fill(Wide::default());
                part.value = Default::default();
            });
            parts.par_iter_mut().zip(grids.par_chunks(per_part)).for_each(|(part, grids)| {
                for &grid in grids {
                    let (world, t) = place(grid);
                    L::run(
                        #[inline(always)]
                        || part.grid(net, settings, world, t, &of, share),
                    );
                }
            });
            // The way back.
            let rows: Vec<_> =
                parts.iter_mut().map(|p| (std::mem::take(&mut p.rows), std::mem::take(&mut p.places))).collect();
            parts.par_iter_mut().zip(windows.par_chunks(span)).enumerate().for_each(|(i, (part, windows))| {
                let first = i * span;
                part.slopes.clear();
                for (i, windows) in windows.chunks_exact(lanes).enumerate() {
                    let first = first + i * lanes;
                    let mut sums = [[L::Real::default(); ROW]; MOST];
                    L::run(
                        #[inline(always)]
                        || {
                            for (window, sums) in (first..distinct).zip(&mut sums[..lanes]) {
                                for (rows, places) in &rows {
                                    let (stamp, row) = places[window];
                                    if stamp == chunk {
                                        let from = &rows[row as usize * ROW..][..ROW];
                                        for i in (0..ROW).step_by(LANES) {
                                            (L::load(&sums[i..]) + L::load(&from[i..])).store(&mut sums[i..]);
                                        }
                                    }
                                }
                            }
                            part.back(net, settings, windows, i, &sums, share.0);
                        },
                    );
                }
            });
            for (part, (rows, places)) in parts.iter_mut().zip(rows) {
                (part.rows, part.places) = (rows, places);
            }
        });
        let active = windows.len().div_ceil(span);
        for (i, part) in self.parts.iter().enumerate() {
            self.losses.add(&part.losses);
            if i < active {
                part.slopes.add_to(&mut self.gradient, &mut self.dembedded);
            }
            let (value, g) = (self.net.table.critic_value, self.net.table.aggregator);
            for i in 0..WIDE {
                self.gradient[value.offset + i * value.stride] += part.value.0.at(i);
            }
            self.gradient[value.offset + WIDE * value.stride] += part.value.1;
            for (r, from) in part.g[..g.rows].iter().enumerate() {
                for c in 0..g.columns {
                    self.gradient[g.offset + r * g.stride + c] += from.at(c);
                }
            }
        }
    }

    /// Ends a minibatch of so many grids: takes Adam's step, unless the update stops here.
    fn end(&mut self, grids: usize) -> Minibatch {
        fold_embedded(&self.net, &self.dembedded, &mut self.gradient);
        let (agents, cells) = ((grids * self.agents()) as f64, (grids * self.settings.extent.size()) as f64);
        let norm = self.gradient.iter().map(|g| g.f64() * g.f64()).sum::<f64>().sqrt();
        let totals = &mut self.totals;
        totals.kl = self.losses.kl / agents;
        if !norm.is_finite() {
            totals.not_finite = true;
            return Minibatch::Stopped;
        }
        if totals.kl > f64::from(self.config.ppo.target_kl) {
            return Minibatch::Stopped;
        }
        let of = &self.losses;
        totals.losses.add(&Losses {
            policy: of.policy / agents,
            aggregator: of.aggregator / cells,
            value: of.value / agents,
            entropy: of.entropy / (SLOTS as f64 * agents * std::f64::consts::LN_10),
            aggregator_entropy: of.aggregator_entropy / (cells * std::f64::consts::LN_10),
            kl: 0.0,
            clipped: of.clipped / agents,
        });
        totals.grad_norm += norm;
        totals.taken += 1.0;
        self.adam_step(norm);
        Minibatch::Taken
    }

    /// Adam (Kingma & Ba 2015) on the gradient clipped to a global norm.
    fn adam_step(&mut self, norm: f64) {
        let (ppo, table) = (&self.config.ppo, &self.net.table);
        let critic = table.critic_project.offset..table.aggregator.offset;
        self.adam.2 += 1;
        let of = L::Real::of;
        let clip = of((f64::from(ppo.max_grad_norm) / (norm + 1e-6)).min(1.0));
        let (rate, eps) = (f64::from(ppo.learning_rate), of(f64::from(ppo.adam_eps)));
        let steps = f64::from(self.adam.2);
        let (m_scale, v_scale) = (of(1.0 - 0.9f64.powf(steps)), of(1.0 - 0.999f64.powf(steps)));
        let mut params = std::mem::take(&mut self.net.params);
        let state = self.adam.0.iter_mut().zip(&mut self.adam.1);
        for (i, ((param, &g), (m, v))) in params.iter_mut().zip(&self.gradient).zip(state).enumerate() {
            let g = g * clip;
            *m = of(0.9) * *m + of(0.1) * g;
            *v = of(0.999) * *v + of(0.001) * g * g;
            let rate = if critic.contains(&i) { rate * f64::from(CRITIC_RATE) } else { rate };
            *param -= of(rate) * (*m / m_scale) / ((*v / v_scale).sqrt() + eps);
        }
        self.net = Net::new(&self.config, params);
    }
}

fn settings(config: &Config, extent: Extent, returns: (f64, f64)) -> Settings {
    let ppo = &config.ppo;
    Settings {
        extent,
        seed: config.run.seed,
        once: config.run.evaluate_once,
        gamma: ppo.gamma.into(),
        lambda: ppo.gae_lambda.into(),
        clip: ppo.clip.into(),
        entropy_coef: ppo.entropy_coef.into(),
        value_coef: ppo.value_coef.into(),
        returns,
    }
}

/// f32 as the engine's numbers, and back.
pub fn widened<R: Real>(values: &[f32]) -> Vec<R> {
    values.iter().map(|&value| R::of(value.into())).collect()
}

fn narrowed<R: Real>(values: &[R]) -> Vec<f32> {
    values.iter().map(|value| value.f64() as f32).collect()
}

impl<L: Lanes> engine::Rollout for Training<L> {
    fn configure(&mut self, scenario: &Scenario) {
        self.config = scenario.config.clone();
        let extent = self.settings.extent;
        self.settings = settings(&self.config, extent, self.settings.returns);
        self.net = Net::new(&self.config, std::mem::take(&mut self.net.params));
        for shard in &mut self.shards {
            shard.judge = Judge::new(&self.config, extent.windows, scenario.target.as_deref());
        }
    }

    fn set_params(&mut self, params: &[f32]) {
        self.net = Net::new(&self.config, widened(params));
    }

    fn begin(&mut self, worlds: &[Grid]) {
        for shard in &mut self.shards {
            shard.known.clear(Keep::All);
            shard.forgot = false;
            for (i, world) in shard.worlds.iter_mut().enumerate() {
                let cells = &worlds[shard.first + i].cells;
                world.states[..cells.len()].copy_from_slice(cells);
                world.term_sums = [0.0; TERMS];
            }
        }
        self.totals = Totals::default();
    }

    fn steps(&mut self, from: usize, noise: u32) -> Result<usize, EngineError> {
        let steps = self.settings.extent.steps;
        let some = if self.pace > 0.0 { (SLICE / self.pace) as usize } else { 1 };
        let made = (from + some.max(1)).min(steps);
        let began = Instant::now();
        self.each_shard(
            #[inline(always)]
            |shard, net, of| {
                for t in from..made {
                    shard.step(net, of, t, noise.wrapping_add(t as u32));
                }
            },
        );
        self.pace = began.elapsed().as_secs_f64() / (made - from) as f64;
        Ok(made)
    }

    fn worlds(&self, steps: usize) -> Result<Vec<Grid>, EngineError> {
        let Extent { windows, cells, .. } = self.settings.extent;
        let size = self.settings.extent.size();
        Ok(Training::worlds(self).map(|world| known::grid(&windows, &world.states[steps * cells..][..size])).collect())
    }

    fn term_sums(&self) -> Result<Vec<[f32; TERMS]>, EngineError> {
        Ok(Training::worlds(self).map(|world| world.term_sums.map(|sum| sum as f32)).collect())
    }

    fn bytes(&self) -> u64 {
        bytes::<L>(&self.settings.extent)
    }

    fn read(&self, name: &str) -> Result<Vec<u32>, EngineError> {
        let Extent { worlds, steps, agents, cells, .. } = self.settings.extent;
        let (n, size) = (self.agents(), self.settings.extent.size());
        // Grids step by step, of each all worlds', without what pads them.
        let grids = |count: usize| (0..count * worlds).map(move |grid| (grid % worlds, grid / worlds));
        let all: Vec<&World<L::Real>> = Training::worlds(self).collect();
        let bits = |values: &[L::Real]| narrowed(values).into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let of = |count: usize, stride: usize, n: usize, field: fn(&World<L::Real>) -> &Vec<L::Real>| {
            grids(count).flat_map(|(world, t)| bits(&field(all[world])[t * stride..][..n])).collect()
        };
        Ok(match name {
            "states" => grids(steps + 1)
                .flat_map(|(world, t)| all[world].states[t * cells..][..size].iter().map(|&cell| cell.into()))
                .collect(),
            "proposals" => grids(steps)
                .flat_map(|(world, t)| all[world].proposals[t * agents..][..n].iter().flat_map(packed))
                .collect(),
            "log_probs" => of(steps, agents, n, |world| &world.log_p),
            "colour_log_probs" => of(steps, cells, size, |world| &world.colour_log_p),
            "values" => of(steps + 1, agents, n, |world| &world.values),
            "advantages" => of(steps, agents, n, |world| &world.advantages),
            "returns" => [self.settings.returns.0, self.settings.returns.1].map(|x| (x as f32).to_bits()).to_vec(),
            "params" => bits(&self.net.params),
            "gradient" => bits(&self.gradient),
            "adam_m" => bits(&self.adam.0),
            "adam_v" => bits(&self.adam.1),
            _ => return Err(EngineError::Input(format!("the native engine has no buffer `{name}`"))),
        })
    }
}

/// Nine colours in two words, four bits each.
fn packed(pairs: &Pairs) -> [u32; 2] {
    let mut words = [0; 2];
    for (k, pair) in pairs[..SLOTS].iter().enumerate() {
        words[k / 8] |= u32::from(pair % COLOURS as u8) << (4 * (k % 8));
    }
    words
}

/// Bytes of a rollout.
fn bytes<L: Lanes>(of: &Extent) -> u64 {
    let real = size_of::<L::Real>();
    let agent = 4 + size_of::<Pairs>() + 3 * real;
    let pixel = 1 + size_of::<Pairs>() + real;
    ((of.steps + 1) * of.worlds * (of.agents * agent + of.cells * pixel)) as u64
}

/// Bytes that a run needs on so many threads, where no window is like another.
pub fn needed<L: Lanes>(scenario: &Scenario, steps: usize, threads: usize) -> u64 {
    let extent = Extent::new(&scenario.config, steps);
    let (shards, all) = (threads.min(extent.worlds), (steps + 1) * extent.worlds * extent.agents);
    let known = Known::<L>::bytes(Keep::All, (KNOWN + extent.agents).min(all.div_ceil(shards)));
    // A chunk's windows: what f makes of them, and what flows back.
    let chunk = CHUNK.max(extent.agents).min(all) * (LOG_P + PROJECTED + 2 * ROW) * size_of::<L::Real>();
    bytes::<L>(&extent) + (shards * known + chunk) as u64
}

impl<L: Lanes> engine::Training for Training<L> {
    fn set_learned(&mut self, (mean, std): (f32, f32), adam: &Optimiser) {
        self.settings.returns = (mean.into(), std.into());
        self.adam = (widened(&adam.state["m"]), widened(&adam.state["v"]), adam.step);
    }

    fn advantages(&mut self) -> Result<(), EngineError> {
        let steps = self.settings.extent.steps;
        self.each_shard(
            #[inline(always)]
            |shard, net, of| {
                for world in 0..shard.worlds.len() {
                    shard.look(net, of, world, steps);
                }
                shard.advantages(of);
            },
        );
        let count = (self.settings.extent.worlds * steps * self.agents()) as f64;
        let sum = |of: &Self, i: usize| of.worlds().map(|world| world.moments[i]).sum::<f64>();
        let means = (sum(self, 0) / count, sum(self, 1) / count);
        self.each_shard(
            #[inline(always)]
            |shard, _, of| shard.spreads(of, means),
        );
        let (a, r) = (sum(self, 2), sum(self, 3));
        self.explained_variance = if r > 1e-9 { 1.0 - a / r } else { 0.0 };
        self.advantages = (means.0, (a / count).sqrt());
        self.settings.returns = (means.1, (r / count).sqrt().max(MIN_STD));
        self.number();
        Ok(())
    }

    fn minibatch(&mut self, grids: &[u32], done: usize) -> Result<Minibatch, EngineError> {
        if done == 0 {
            self.gradient.fill(L::Real::default());
            self.dembedded.fill(L::Real::default());
            self.losses = Losses::default();
        }
        let here = (CHUNK / self.agents()).clamp(1, grids.len() - done);
        self.chunk(&grids[done..done + here], grids.len());
        let done = done + here;
        Ok(if done < grids.len() { Minibatch::Working(done) } else { self.end(grids.len()) })
    }

    fn learned(&self) -> Result<(Vec<f32>, (f32, f32), Optimiser), EngineError> {
        let (m, v, step) = &self.adam;
        let returns = (self.settings.returns.0 as f32, self.settings.returns.1 as f32);
        Ok((narrowed(&self.net.params), returns, Optimiser::adam(*step, narrowed(m), narrowed(v))))
    }

    fn report(&self) -> Result<Report, EngineError> {
        let Totals { losses, grad_norm, taken, kl, not_finite } = &self.totals;
        let mean = |sum: f64| sum / taken.max(1.0);
        Ok(Report {
            policy_loss: mean(losses.policy),
            value_loss: mean(losses.value),
            aggregator_loss: mean(losses.aggregator),
            entropy: mean(losses.entropy),
            aggregator_entropy: mean(losses.aggregator_entropy),
            clip_fraction: mean(losses.clipped),
            grad_norm: mean(*grad_norm),
            kl: *kl,
            explained_variance: self.explained_variance,
            evaluated: self.distinct.len() as u32,
            finite: !not_finite,
        })
    }
}
