//! Worlds to learn on: rollouts, and PPO's updates from them.
//!
//! Work is cut into parts that depend on the worlds alone, never on the number of threads, and what parts add up is added
//! in their order: so the same bits come out of any number of threads.

use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::agents::Pairs;
use super::critic::Critic;
use super::judge::Judge;
use super::known::{self, Ids, KNOWN, Keep, Keys, Known, LOG_P, colours, put_log_p, to_rows};
use super::lanes::{LANES, Lanes, MOST, Real, Vector, WIDE, Wide};
use super::minibatch::{Distinct, KEPT, Losses, Part, ROW};
use super::model::{Net, PAIRS, PROJECTED, Room, fold_embedded, forward};
use super::rollout::{Extent, Settings, Shard, World, settings};
use crate::engine::{self, EngineError, Minibatch, Report};
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::optimiser::Optimiser;
use crate::spec::params::Params;
use crate::spec::scenario::Scenario;
use crate::spec::terms::TERMS;
use crate::spec::{COLOURS, CRITIC_RATE, SLOTS};

/// Parts of a minibatch that are worked on side by side, at most.
const PARTS: usize = 8;
/// Blocks of windows that are worth a part.
const PART_BLOCKS: usize = 2;
/// Agents of a minibatch that are looked at together.
const CHUNK: usize = 1 << 15;
/// Seconds that a slice of a rollout should take.
const SLICE: f64 = 0.01;
/// The smallest deviation of returns: constant ones must not divide by 0.
const MIN_STD: f64 = 1e-4;

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
            let mut last = u32::MAX;
            for &id in &world.ids[t * agents..][..n] {
                if id == std::mem::replace(&mut last, id) {
                    continue;
                }
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
        }
        let (value, g) = (self.net.table.critic_value, self.net.table.aggregator);
        let (parts, gradient) = (&self.parts, &mut self.gradient);
        L::run(
            #[inline(always)]
            || {
                let mut sums = vec![L::Real::default(); (g.rows + 1) * WIDE];
                for part in parts {
                    for (sums, of) in sums.chunks_exact_mut(WIDE).zip(part.g[..g.rows].iter().chain([&part.value.0])) {
                        of.add_to(sums);
                    }
                    gradient[value.offset + WIDE * value.stride] += part.value.1;
                }
                for (r, sums) in sums.chunks_exact(WIDE).enumerate() {
                    for (c, &sum) in sums.iter().enumerate() {
                        if r == g.rows {
                            gradient[value.offset + c * value.stride] += sum;
                        } else if c < g.columns {
                            gradient[g.offset + r * g.stride + c] += sum;
                        }
                    }
                }
            },
        );
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
