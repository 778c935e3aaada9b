//! Advantages, return statistics, and the losses of f and g.

use primordia::args;
use primordia::engine::wgsl::shape::Shape;
use primordia::spec::params::Params;

use crate::compare::{Case, check_cases};
use crate::harness::{Over, Run, floats, kernels};
use crate::reference::ppo::{self, Head, Hyper, Sample};
use crate::reference::{Net, aggregator, fixtures, gae, model, widened};
use crate::sample::{packed, padded_logits, vote_sums};
use crate::worlds::{WORLDS, World, normals, shuffled};

kernels! {
    "learn/advantage" => advantage,
    "learn/spread" => spread,
    "learn/sum" => sum,
    "learn/normalise" => normalise,
    "learn/policy_loss" => policy_loss,
    "learn/aggregator_loss" => aggregator_loss,
}

/// T, as `World::config` has it.
const STEPS: usize = 5;

fn shape(world: World) -> Shape {
    Shape::new(&world.config().model, world.agents())
}

fn advantage(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (n, hyper) = (world.agents(), world.hyper());
        let (rewards, values) = (normals(STEPS * n, 111), normals((STEPS + 1) * n, 112));
        let (mut advantages, mut sums) = (vec![0.0; STEPS * n], Vec::new());
        for i in 0..n {
            let series = |of: &[f64]| of.iter().skip(i).step_by(n).copied().collect::<Vec<_>>();
            let of = gae::gae(&series(&rewards), &series(&values), hyper.gamma.into(), hyper.gae_lambda.into());
            of.iter().enumerate().for_each(|(t, a)| advantages[t * n + i] = *a);
            let returns: f64 = of.iter().zip(series(&values)).map(|(a, v)| a + v).sum();
            sums.extend([of.iter().sum(), returns, 0.0, 0.0]);
        }
        Run::new(kernel, &shape(world), &hyper)
            .floats("values", &values)
            .floats("advantages", &rewards)
            .blank("statistics", 4 * n)
            .check(
                args![],
                Over::Each(n),
                vec![floats("advantages", advantages, 1e-5), floats("statistics", sums, 1e-5)],
            )
    });
}

fn spread(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let n = world.agents();
        let (advantages, values) = (normals(STEPS * n, 113), normals((STEPS + 1) * n, 114));
        let count = (STEPS * n) as f64;
        let means = [0.3, -0.7];
        let mut want = vec![0.0; 4 * n];
        for at in 0..STEPS * n {
            let i = at % n;
            want[4 * i] += (advantages[at] - means[0]).powi(2);
            want[4 * i + 1] += (advantages[at] + values[at] - means[1]).powi(2);
        }
        Run::new(kernel, &shape(world), &world.hyper())
            .floats("values", &values)
            .floats("advantages", &advantages)
            .floats("sums", &[means[0] * count, means[1] * count, 9.0, 9.0])
            .blank("statistics", 4 * n)
            .check(args![], Over::Each(n), vec![floats("statistics", want, 2e-5)])
    });
}

const LENGTHS: &[Case<usize>] = &[
    Case { name: "nothing", of: 0 },
    Case { name: "one", of: 1 },
    Case { name: "a workgroup less one", of: 63 },
    Case { name: "a workgroup and one", of: 65 },
    Case { name: "ragged", of: 1001 },
];

fn sum(kernel: &'static str) {
    check_cases(LENGTHS, |n| {
        let before = normals(20, 115);
        let statistics = normals(4 * n + 4, 116);
        let mut want = before.clone();
        statistics[..4 * n].iter().enumerate().for_each(|(i, value)| want[8 + i % 4] += value);
        Run::new(kernel, &shape(WORLDS[0].of), &WORLDS[0].of.hyper())
            .floats("statistics", &statistics)
            .floats("sums", &before)
            .check(args![n, out: 2], Over::Groups([1, 1, 1]), vec![floats("sums", want, 3e-5)])
    });
}

fn normalise(kernel: &'static str) {
    let spreads = [Case { name: "spread", of: 30.0 }, Case { name: "all the same", of: 0.0 }];
    check_cases(&spreads, |spread: f64| {
        let n = 40.0;
        let std = (spread / n).sqrt().max(gae::MIN_STD);
        Run::new(kernel, &shape(WORLDS[0].of), &WORLDS[0].of.hyper())
            .floats("sums", &[-8.0, 50.0, 9.0, 9.0, 22.5, spread, 9.0, 9.0])
            .blank("returns", 5)
            .check(
                args![count: 40],
                Over::Each(1),
                vec![floats("returns", vec![1.25, std, -0.2, (22.5f64 / 40.0).sqrt(), f64::NAN], 1e-7)],
            )
    });
}

/// Some of a rollout's grids, in an order of their own, as they were acted under other parameters.
struct Batch {
    world: World,
    table: Params,
    params: Vec<f64>,
    hyper: Hyper,
    samples: Vec<Sample>,
    /// Before the first: one that is not looked at.
    grids: Vec<u32>,
}

/// The statistics by which advantages are normalised: mean and deviation.
const ADVANTAGES: [f64; 2] = [0.5, 2.0];

impl Batch {
    fn new(world: World) -> Self {
        let config = world.config();
        let (table, hyper) = (Params::new(&config.model), Hyper::from(&config));
        let params = widened(&fixtures::params(&table, 117));
        let net = Net { table: &table, model: &config.model, params: &params };
        let samples = fixtures::batch(&net, &world.windows(), &hyper, world.grids, 118);
        Self { world, hyper, params, samples, grids: shuffled(world.grids, 119), table }
    }

    /// The grids looked at: all but one, where there are several.
    fn first(&self) -> usize {
        usize::from(self.grids.len() > 1)
    }

    fn looked_at(&self) -> impl Iterator<Item = &Sample> {
        self.grids[self.first()..].iter().map(|&grid| &self.samples[grid as usize])
    }

    fn logits(&self, sample: &Sample, p: usize) -> model::Logits {
        let config = self.world.config();
        let net = Net { table: &self.table, model: &config.model, params: &self.params };
        model::forward(&net, &self.world.windows().colours(&sample.state, p)).logits
    }

    fn run<'a>(&self, kernel: &'static str, shape: &'a Shape) -> Run<'a> {
        let all = |of: fn(&Sample) -> &Vec<f64>| self.samples.iter().flat_map(of).copied().collect::<Vec<_>>();
        let raw: Vec<f64> = all(|s| &s.advantages).iter().map(|a| a * ADVANTAGES[1] + ADVANTAGES[0]).collect();
        let proposals: Vec<u32> = self.samples.iter().flat_map(|s| s.proposals.iter().flat_map(packed)).collect();
        Run::new(kernel, shape, &self.world.hyper())
            .words("grids", &self.grids)
            .words("proposals", &proposals)
            .floats("advantages", &raw)
            .floats("returns", &[9.0, 9.0, ADVANTAGES[0], ADVANTAGES[1]])
            .floats("log_probs", &all(|s| &s.logp))
            .floats("colour_log_probs", &all(|s| &s.aggregator_logp))
    }
}

fn policy_loss(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (batch, shape) = (Batch::new(world), shape(world));
        let (windows, total) = (world.windows().count(), 7);
        let n = (world.grids - batch.first()) * windows;
        // A slot of its own for each agent, in another order.
        let row_of_agent = shuffled(n, 120);
        let mut logits = vec![[0.0; 10]; 9 * n];
        let (mut actions, mut statistics) = (Vec::new(), Vec::new());
        let temperature = batch.hyper.temperature;
        for (i, sample) in batch.looked_at().enumerate() {
            for p in 0..windows {
                let z = batch.logits(sample, p);
                for k in 0..9 {
                    logits[9 * row_of_agent[i * windows + p] as usize + k] = z[k].map(|z| z / temperature);
                }
                let entropy: f64 = (0..9).map(|k| Head::new(&z[k], temperature, 0).entropy).sum();
                let log_ratio = ppo::agent_logp(&z, temperature, &sample.proposals[p]) - sample.logp[p];
                let (loss, slope) = ppo::clipped(log_ratio.exp(), sample.advantages[p], batch.hyper.clip);
                let beyond = f64::from((log_ratio.exp() - 1.0).abs() > batch.hyper.clip);
                actions.push((packed(&sample.proposals[p]), slope / f64::from(total)));
                statistics.extend([loss, log_ratio.exp() - 1.0 - log_ratio, beyond, entropy]);
            }
        }
        let ran = batch
            .run(kernel, &shape)
            .words("row_of_agent", &row_of_agent)
            .floats("logits", &padded_logits(&logits))
            .blank("actions", 4 * n)
            .blank("statistics", 4 * n)
            .go(args![grids_first: batch.first(), total], Over::Each(n))?;
        // Packed proposals are exact, slopes are not.
        let got = ran.words("actions").to_vec();
        for (a, (proposal, slope)) in actions.iter().enumerate() {
            let near = (f64::from(f32::from_bits(got[4 * a + 2])) - slope).abs() <= 2e-5 * (1.0 + slope.abs());
            if got[4 * a..4 * a + 2] != *proposal || got[4 * a + 3] != 0 || !near {
                return Err(format!("agent {a}: {:?}, not {proposal:?} and {slope}", &got[4 * a..4 * a + 4]));
            }
        }
        ran.check(&[crate::harness::words("actions", got), floats("statistics", statistics, 2e-5)])
    });
}

fn aggregator_loss(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (batch, shape, config) = (Batch::new(world), shape(world), world.config());
        let net = Net { table: &batch.table, model: &config.model, params: &batch.params };
        let (cells, total, windows) = (world.cells(), 7, world.windows());
        let n = (world.grids - batch.first()) * cells;
        let scale = 1.0 / f64::from(total);
        let (mut dz, mut votes_of, mut statistics) = (Vec::new(), Vec::new(), Vec::new());
        for sample in batch.looked_at() {
            for q in 0..cells {
                let votes = aggregator::votes(&windows, &sample.proposals, q);
                let colour = sample.next[q];
                let head = Head::new(&aggregator::logits(&net, &votes), batch.hyper.aggregator_temperature, colour);
                let advantage = sample.advantages[aggregator::own_window(&windows, q)];
                let ratio = (head.logp - sample.aggregator_logp[q]).exp();
                let (loss, slope) = ppo::clipped(ratio, advantage, batch.hyper.clip);
                dz.extend(head.backward(colour, slope * scale, -batch.hyper.entropy_coef * scale));
                dz.extend([0.0, 0.0]);
                // The votes as bits follow, compared apart.
                dz.extend([f64::NAN; 4]);
                votes_of.push(packed(&votes.map(|vote| vote.unwrap_or(15))));
                statistics.extend([loss, head.entropy, 0.0, 0.0]);
            }
        }
        // What was drawn lies a step of every world later.
        let next: Vec<u32> = batch.samples.iter().flat_map(|sample| sample.next.iter().map(|&c| c.into())).collect();
        let states = [vec![u32::MAX; world.grids * cells], next].concat();
        let ran = batch
            .run(kernel, &shape)
            .words("states", &states)
            .floats("vote_sums", &vote_sums(&net).concat())
            .blank("dz", 16 * n)
            .blank("statistics", 4 * n)
            .go(args![grids_first: batch.first(), total], Over::Each(n))?;
        let got = ran.words("dz");
        for (q, [low, high]) in votes_of.into_iter().enumerate() {
            if got[16 * q + 12..16 * q + 16] != [low & 0xffff, low >> 16, high, 0] {
                return Err(format!("pixel {q}: votes {:?}, not {low:x} and {high}", &got[16 * q + 12..16 * q + 16]));
            }
        }
        let near: Vec<f32> = (0..16 * n).filter(|i| i % 16 < 12).map(|i| f32::from_bits(got[i])).collect();
        let want: Vec<f64> = dz.chunks_exact(16).flat_map(|dz| dz[..12].to_vec()).collect();
        crate::compare::compare("dz", &near, &want, 2e-5, 2e-5)?;
        let dz = got.to_vec();
        ran.check(&[crate::harness::words("dz", dz), floats("statistics", statistics, 2e-5)])
    });
}
