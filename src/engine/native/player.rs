//! A world in play, and why it does what it does.

use std::array::from_fn;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::agents::{ABSENT, Noise, Pairs, collect, draw, propose};
use super::critic::Critic;
use super::judge::Judge;
use super::known::{self, KNOWN, Keep, Keys, Known};
use super::lanes::{LANES, Lanes, MOST, Real, Vector, Wide};
use super::model::{Net, PAIRS, Room, forward};
use super::training::widened;
use crate::engine::{self, Aftermath, EngineError, Field, FieldMap, Inspection, Probe, Vote};
use crate::spec::config::{Config, Term};
use crate::spec::grid::{Grid, Windows};
use crate::spec::rule::Rule;
use crate::spec::settings;
use crate::spec::{COLOURS, SLOTS};

/// Rows that are looked at together.
const BAND: usize = 4;
/// Windows that are valued or probed at most: of each neighbour's numbers are kept.
const VALUED: usize = 1 << 20;

/// Rows of the world that one thread proposes for, and the windows that it met.
struct Part<L: Lanes> {
    known: Known<L>,
    keys: Keys,
    ids: Vec<u32>,
}

/// One world under a rule.
pub struct Player<L: Lanes> {
    pool: Arc<ThreadPool>,
    config: Config,
    target: Option<Arc<Grid>>,
    windows: Windows,
    net: Net<L>,
    returns: (f64, f64),
    seed: u32,
    steps: u32,
    cells: Vec<u8>,
    /// The state that a step led from.
    before: Vec<u8>,
    stepped: bool,
    parts: Vec<Part<L>>,
    /// What the parts keep of windows.
    keep: Keep,
    proposals: Vec<Pairs>,
    /// Of the state now and the one before, where they were asked for: V in units of return.
    values: [Option<Arc<Vec<f32>>>; 2],
}

impl<L: Lanes> Player<L> {
    pub fn new(pool: &Arc<ThreadPool>, rule: &Rule, grid: &Grid, seed: u32) -> Self {
        let config = Config::clone(&rule.config);
        let windows = Windows::new(grid.height, grid.width, config.world.boundary);
        let net = Net::new(&config, widened(&rule.params));
        let part = || Part { known: Known::new(&net, Keep::Draws), keys: Keys::default(), ids: Vec::new() };
        Self {
            pool: Arc::clone(pool),
            target: rule.target.clone(),
            returns: (rule.returns.0.into(), rule.returns.1.into()),
            parts: (0..pool.current_num_threads()).map(|_| part()).collect(),
            keep: Keep::Draws,
            proposals: vec![Pairs::default(); windows.count()],
            cells: grid.cells.clone(),
            before: grid.cells.clone(),
            stepped: false,
            steps: 0,
            values: [None, None],
            config,
            windows,
            net,
            seed,
        }
    }

    fn noise(&self) -> Noise {
        Noise { seed: self.seed, step: self.steps, world: 0 }
    }

    /// Draws every window's proposal for the coming step.
    fn propose(&mut self, greedy: bool) {
        let keep = if greedy { Keep::Likeliest } else { Keep::Draws };
        if self.keep != keep {
            self.parts.iter_mut().for_each(|part| part.known.clear(keep));
            self.keep = keep;
        }
        let (windows, net, cells, noise) = (&self.windows, &self.net, &self.cells, self.noise());
        let (columns, rows) = (windows.columns, windows.rows.div_ceil(self.parts.len()).next_multiple_of(BAND));
        let (parts, proposals, once) = (&mut self.parts, &mut self.proposals, self.config.run.evaluate_once);
        self.pool.install(|| {
            parts.par_iter_mut().zip(proposals.par_chunks_mut(rows * columns)).enumerate().for_each(
                |(i, (part, proposals))| {
                    for (band, proposals) in proposals.chunks_mut(BAND * columns).enumerate() {
                        let (row, n) = (i * rows + band * BAND, proposals.len());
                        if part.known.ids.keys.len() > KNOWN {
                            part.known.clear(keep);
                        }
                        part.ids.resize(n.next_multiple_of(LANES), 0);
                        L::run(
                            #[inline(always)]
                            || {
                                part.keys.look(windows, cells, row..row + n / columns);
                                part.known.look_up(net, &part.keys.keys, once, &mut part.ids);
                                propose(&part.known, &part.ids, row * columns, noise, greedy, proposals, None);
                            },
                        );
                    }
                },
            );
        });
    }

    /// Does something with the votes of some rows of pixels at a time, side by side, and what is to be kept of them.
    fn pixels<T: Send>(&self, to: &mut [T], f: impl Fn(std::ops::Range<usize>, &[Pairs], &mut [T]) + Sync) {
        let (windows, proposals) = (&self.windows, &self.proposals);
        let width = windows.width;
        let n = to.len() / (windows.height * width);
        self.pool.install(|| {
            to.par_chunks_mut(BAND * width * n).enumerate().for_each(|(band, to)| {
                let rows = band * BAND..band * BAND + to.len() / (width * n);
                let mut votes = vec![Pairs::default(); (rows.len() * width).next_multiple_of(LANES)];
                L::run(
                    #[inline(always)]
                    || {
                        for (row, votes) in rows.clone().zip(votes.chunks_mut(width)) {
                            collect(windows, proposals, row, votes);
                        }
                        f(rows, &votes, to);
                    },
                );
            });
        });
    }

    /// The colours that the coming step draws, from the proposals drawn last.
    fn colours(&self, greedy: bool) -> Vec<u8> {
        let (net, windows, noise) = (&self.net, &self.windows, self.noise());
        let mut next = vec![0; self.cells.len()];
        self.pixels(
            &mut next,
            #[inline(always)]
            |rows, votes, next| {
                let mut reals = vec![L::Real::default(); votes.len()];
                noise.of_pixels::<L>(windows, rows, &mut reals);
                draw(net, votes, &reals, greedy, next, None);
            },
        );
        next
    }

    /// z of every pixel, from the proposals drawn last, before the temperature.
    fn scores(&self) -> Vec<[f32; COLOURS]> {
        let mut scores = vec![[0.0; COLOURS]; self.cells.len()];
        self.pixels(&mut scores, |_, votes, scores| {
            for (votes, scores) in votes.iter().zip(scores) {
                *scores = self.score(votes);
            }
        });
        scores
    }

    /// z of a pixel with these votes, before the temperature.
    fn score(&self, votes: &Pairs) -> [f32; COLOURS] {
        let rows = || votes[..SLOTS].iter().map(|&pair| usize::from(pair)).chain([PAIRS]);
        from_fn(|c| rows().map(|row| self.adds(row, c)).sum::<f64>() as f32)
    }

    /// A row of g's weights; 0 for an absent vote's.
    fn adds(&self, row: usize, c: usize) -> f64 {
        let g = self.net.table.aggregator;
        if row < g.rows { self.net.params[g.offset + row * g.stride + c].f64() } else { 0.0 }
    }

    fn sees_whole(&self) -> bool {
        self.windows.count() <= VALUED
    }

    /// V of the state now (0) or of the one before (1).
    fn values(&mut self, which: usize) -> Arc<Vec<f32>> {
        if let Some(values) = &self.values[which] {
            return Arc::clone(values);
        }
        let cells = if which == 0 { &self.cells } else { &self.before };
        let (n, windows) = (self.windows.count(), self.windows);
        let (mut known, mut keys) = (Known::new(&self.net, Keep::All), Keys::default());
        let (mut ids, mut values, mut critic) = (vec![0; n], vec![0.0; n], Critic::<L>::new(windows));
        let (mean, std) = self.returns;
        L::run(
            #[inline(always)]
            || {
                keys.look(&windows, cells, 0..windows.rows);
                known.look_up(&self.net, &keys.keys, true, &mut ids);
                critic.forward(
                    &self.net,
                    &known.projected,
                    #[inline(always)]
                    |p| ids[p] as usize,
                    #[inline(always)]
                    |p, value, _| {
                        values[p] = (value.f64() * std + mean) as f32;
                        Wide::default()
                    },
                );
            },
        );
        Arc::clone(self.values[which].insert(Arc::new(values)))
    }

    /// The last step's terms, and each agent's pay.
    fn judged(&self) -> Result<(Judge, Vec<f32>), EngineError> {
        if let (Some(path), None) = (&self.config.reward.target, &self.target)
            && self.config.weight(Term::Target) != 0.0
        {
            let problem = format!("`{path}`, which the term `target` compares with, could not be read");
            return Err(EngineError::Input(problem));
        }
        let mut judge = Judge::new(&self.config, self.windows, self.target.as_deref());
        judge.judge(&self.before, &self.cells);
        let mut paid = vec![0.0; self.windows.count()];
        judge.pay(&mut paid);
        Ok((judge, paid))
    }

    /// The one-step error at every window, of V before and now.
    fn errors(&mut self, paid: &[f32]) -> Vec<f32> {
        let (now, before, gamma) = (self.values(0), self.values(1), self.config.ppo.gamma);
        paid.iter().zip(now.iter().zip(&*before)).map(|(r, (now, before))| r + gamma * now - before).collect()
    }

    fn fits(&self, grid: &Grid) -> Result<(), EngineError> {
        if (grid.height, grid.width) == (self.windows.height, self.windows.width) {
            return Ok(());
        }
        Err(EngineError::Input(format!(
            "a state of {}×{} cells does not fit a world of {}×{}",
            grid.height, grid.width, self.windows.height, self.windows.width
        )))
    }

    fn window(&self, index: usize) -> [u8; SLOTS] {
        self.windows.colours(&known::grid(&self.windows, &self.cells), index)
    }

    /// f of one window, in lane 0.
    fn alone(&self, window: [u8; SLOTS]) -> Box<Room<L::Windows>> {
        let mut room = Box::new(Room::<L::Windows>::new(&self.net));
        L::run(
            #[inline(always)]
            || forward(&self.net, &[window; MOST], &mut room),
        );
        room
    }

    /// The proposal of one window for the coming step.
    fn proposal(&self, window: usize, colours: &[u8; SLOTS], greedy: bool) -> [u8; SLOTS] {
        let keep = if greedy { Keep::Likeliest } else { Keep::Draws };
        let (mut known, mut proposal) = (Known::new(&self.net, keep), [Pairs::default()]);
        let key = crate::spec::grid::key_from_colours(colours);
        L::run(
            #[inline(always)]
            || {
                known.look_up(&self.net, &[key], true, &mut [0]);
                propose(&known, &[0; LANES], window, self.noise(), greedy, &mut proposal, None);
            },
        );
        from_fn(|k| proposal[0][k] % COLOURS as u8)
    }

    fn vote(&self, window: usize, k: usize, greedy: bool) -> Vote {
        let colours = self.window(window);
        let room = self.alone(colours);
        let of = |row: &[[L::Windows; SLOTS]; COLOURS], c: usize| row[c][k].at(0).f64() as f32;
        let colour = self.proposal(window, &colours, greedy)[k];
        Vote {
            logits: from_fn(|c| of(&room.logits, c)),
            probabilities: from_fn(|c| of(&room.p, c)),
            colour,
            log_prob: of(&room.log_p, usize::from(colour)),
            adds: from_fn(|c| self.adds(COLOURS * k + usize::from(colour), c) as f32),
        }
    }
}

/// Bytes that a world of this size needs on so many threads.
pub fn needed<L: Lanes>(config: &Config, grid: &Grid, threads: usize) -> u64 {
    let windows = Windows::new(grid.height, grid.width, config.world.boundary).count();
    let known = Known::<L>::bytes(Keep::Likeliest, KNOWN.min(windows.div_ceil(threads)));
    // The state, the one before and the next.
    (windows * size_of::<Pairs>() + 3 * grid.cells.len() + threads * known) as u64
}

/// The softmax of logits at a temperature, in logarithms.
fn log_softmax(z: &[f32; COLOURS], temperature: f32) -> [f64; COLOURS] {
    let z = z.map(|z| f64::from(z) / f64::from(temperature));
    let top = z.iter().copied().fold(f64::MIN, f64::max);
    let log = top + z.iter().map(|z| (z - top).exp()).sum::<f64>().ln();
    z.map(|z| z - log)
}

impl<L: Lanes> engine::Player for Player<L> {
    fn config(&self) -> &Config {
        &self.config
    }

    fn size(&self) -> (usize, usize) {
        (self.windows.height, self.windows.width)
    }

    fn steps(&self) -> u32 {
        self.steps
    }

    fn step(&mut self, greedy: bool) -> Result<(), EngineError> {
        self.propose(greedy);
        let next = self.colours(greedy);
        self.before = std::mem::replace(&mut self.cells, next);
        self.stepped = true;
        self.steps += 1;
        let [now, before] = &mut self.values;
        *before = now.take();
        Ok(())
    }

    fn grid(&self) -> Result<Grid, EngineError> {
        Ok(known::grid(&self.windows, &self.cells))
    }

    fn transition(&self) -> Result<Option<(Grid, Grid)>, EngineError> {
        let grid = |cells| known::grid(&self.windows, cells);
        Ok(self.stepped.then(|| (grid(&self.before), grid(&self.cells))))
    }

    fn set_grid(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.fits(grid)?;
        self.cells.clone_from(&grid.cells);
        (self.stepped, self.values) = (false, [None, None]);
        Ok(())
    }

    fn set_before(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.fits(grid)?;
        self.before.clone_from(&grid.cells);
        (self.stepped, self.values[1]) = (true, None);
        Ok(())
    }

    fn set_noise(&mut self, seed: u32, steps: u32) {
        (self.seed, self.steps) = (seed, steps);
    }

    fn set_rule(&mut self, rule: &Rule) {
        settings::take_live(&mut self.config, &rule.config);
        self.target.clone_from(&rule.target);
        self.returns = (rule.returns.0.into(), rule.returns.1.into());
        self.net = Net::new(&self.config, widened(&rule.params));
        self.parts.iter_mut().for_each(|part| part.known.clear(self.keep));
        self.values = [None, None];
    }

    fn probe(&mut self) -> Result<Probe, EngineError> {
        let n = self.windows.count();
        if !self.sees_whole() {
            return Err(EngineError::Input(format!("a probe takes at most {VALUED} windows, and this state has {n}")));
        }
        let value = self.values(0).to_vec();
        self.propose(true);
        let scores = self.scores();
        let grid = self.grid()?;
        let windows: Vec<[u8; SLOTS]> = (0..n).map(|index| self.windows.colours(&grid, index)).collect();
        let mut room = Box::new(Room::<L::Windows>::new(&self.net));
        let mut logits = Vec::with_capacity(n * PAIRS);
        for windows in windows.chunks(L::Windows::N) {
            let block: [_; MOST] = from_fn(|l| windows[l.min(windows.len() - 1)]);
            L::run(
                #[inline(always)]
                || forward(&self.net, &block, &mut room),
            );
            for l in 0..windows.len() {
                for k in 0..SLOTS {
                    logits.extend((0..COLOURS).map(|c| room.logits[c][k].at(l).f64() as f32));
                }
            }
        }
        Ok(Probe { windows: windows.concat(), logits, value, aggregator_logits: scores.concat() })
    }

    fn inspect(&mut self, row: usize, column: usize, greedy: bool) -> Result<Inspection, EngineError> {
        let (height, width) = self.size();
        if row >= height || column >= width {
            return Err(EngineError::Input(format!(
                "there is no cell at row {row}, column {column} of a world of {height}×{width}"
            )));
        }
        let own = self.windows.at(row, column);
        let votes: [Option<Vote>; SLOTS] =
            from_fn(|k| self.windows.voter(row, column, k).map(|window| self.vote(window, k, greedy)));
        // Drawn by what steps, from these votes.
        let pairs: Pairs = from_fn(|k| match votes.get(k) {
            Some(Some(vote)) => (COLOURS * k) as u8 + vote.colour,
            _ => ABSENT,
        });
        let logits = self.score(&pairs);
        let log_p = log_softmax(&logits, self.config.model.aggregator_temperature);
        let (mut colour, mut reals) = ([0; LANES], vec![L::Real::default(); width.next_multiple_of(LANES)]);
        L::run(
            #[inline(always)]
            || {
                self.noise().of_pixels::<L>(&self.windows, row..row + 1, &mut reals);
                draw(&self.net, &[pairs; LANES], &[reals[column]; LANES], greedy, &mut colour, None);
            },
        );
        let window = own.map(|window| self.window(window));
        let valued = self.sees_whole();
        let after = if self.stepped {
            let (judge, paid) = self.judged()?;
            let advantage = match own {
                Some(window) if valued => Some(self.errors(&paid)[window]),
                _ => None,
            };
            Some(Aftermath {
                terms: judge.terms_at(row, column, &self.cells).map(|term| term as f32),
                reward: judge.rewards()[row * width + column] as f32,
                credit: own.map(|window| paid[window]),
                advantage,
            })
        } else {
            None
        };
        Ok(Inspection {
            row,
            column,
            step: self.steps,
            window,
            votes,
            bias: from_fn(|c| self.adds(PAIRS, c) as f32),
            logits,
            probabilities: log_p.map(|log_p| log_p.exp() as f32),
            colour: colour[0],
            log_prob: log_p[usize::from(colour[0])] as f32,
            attention: window.map_or_else(Vec::new, |window| self.alone(window).attention(0)),
            value: if valued { own.map(|window| self.values(0)[window]) } else { None },
            after,
        })
    }

    fn field(&mut self, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError> {
        if matches!(field, Field::Value | Field::Advantage) && !self.sees_whole() {
            return Err(EngineError::Input(format!(
                "V is known for at most {VALUED} windows at a time, and this stage has {}: make it smaller, or choose \
                 another overlay",
                self.windows.count()
            )));
        }
        if matches!(field, Field::Reward | Field::Credit | Field::Advantage) && !self.stepped {
            return Ok(None);
        }
        let (windows, width) = (self.windows, self.windows.width);
        // By a cell's own window.
        let spread = |values: &[f32]| -> Vec<f32> {
            let own = (0..windows.height * width).map(|q| windows.at(q / width, q % width));
            own.map(|window| window.map_or(f32::NAN, |window| values[window])).collect()
        };
        let mut ways = Vec::new();
        let values = match field {
            Field::Reward => {
                let (judge, _) = self.judged()?;
                ways = judge.ways();
                judge.rewards().into_iter().map(|reward| reward as f32).collect()
            }
            Field::Credit => spread(&self.judged()?.1),
            Field::Advantage => {
                let (_, paid) = self.judged()?;
                spread(&self.errors(&paid))
            }
            Field::Value => spread(&self.values(0)),
            Field::ProposalEntropy => spread(&self.entropies()),
            Field::ColourEntropy => {
                self.propose(greedy);
                let temperature = self.config.model.aggregator_temperature;
                let entropy = |z: &[f32; COLOURS]| {
                    let log_p = log_softmax(z, temperature);
                    (-log_p.map(|log_p| log_p * log_p.exp()).iter().sum::<f64>() / std::f64::consts::LN_10) as f32
                };
                self.scores().iter().map(entropy).collect()
            }
        };
        Ok(Some(FieldMap { values, ways }))
    }
}

impl<L: Lanes> Player<L> {
    /// The mean entropy of each window's nine proposals, over ln 10.
    fn entropies(&self) -> Vec<f32> {
        let (mut keys, mut ids) = (Keys::default(), known::Ids::new());
        keys.look(&self.windows, &self.cells, 0..self.windows.rows);
        let numbers: Vec<u32> = keys.keys.iter().map(|&key| ids.id(key)).collect();
        let mut room = Box::new(Room::<L::Windows>::new(&self.net));
        let mut of = Vec::with_capacity(ids.keys.len());
        for keys in ids.keys.chunks(L::Windows::N) {
            let block: [_; MOST] = from_fn(|l| known::colours(keys[l.min(keys.len() - 1)]));
            L::run(
                #[inline(always)]
                || forward(&self.net, &block, &mut room),
            );
            for l in 0..keys.len() {
                let sum: f64 = room.entropy.iter().map(|entropy| entropy.at(l).f64()).sum();
                of.push((sum / (SLOTS as f64 * std::f64::consts::LN_10)) as f32);
            }
        }
        numbers.iter().map(|&number| of[number as usize]).collect()
    }
}
