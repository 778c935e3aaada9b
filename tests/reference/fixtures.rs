//! Seeded inputs on which no part of the system is at rest.

use std::collections::BTreeMap;

use primordia::spec::config::{Model, Term};
use primordia::spec::grid::{Grid, Windows};
use primordia::spec::params::Params;
use primordia::spec::philox::{Draws, Philox, Stream};
use primordia::spec::{COLOURS, SLOTS};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::Net;
use super::ppo::{self, Hyper, Sample};
use super::{aggregator, model as f};

/// A sequence of random numbers of its own for each (seed, what).
#[derive(Debug, Clone)]
pub struct Noise(pub Draws);

impl Noise {
    pub fn new(seed: u32, what: u32) -> Self {
        Self(Philox { seed, stream: Stream::Hand }.draws(what, 0))
    }

    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(..bound)
    }
}

/// A weight other than 0 for every reward term.
pub fn weights() -> BTreeMap<Term, f32> {
    Term::ALL.into_iter().zip([0.5, 0.25, 1.0, 0.5, -0.5, 1.0, 0.5, 0.75].into_iter().cycle()).collect()
}

/// A model of these sizes.
pub fn model(d_model: usize, layers: usize, heads: usize, mlp_ratio: usize) -> Model {
    Model {
        d_model,
        layers,
        heads,
        mlp_ratio,
        copy_bias: 1.5,
        aggregator_centre: 1.2,
        aggregator_others: 0.4,
        temperature: 1.3,
        aggregator_temperature: 0.8,
    }
}

/// Initial parameters with noise on every element, biases included; padding stays 0.
pub fn params(table: &Params, seed: u32) -> Vec<f32> {
    let mut values = table.initial(seed);
    let mut noise = Noise::new(seed, 1);
    for at in table.tensors.iter().flat_map(|tensor| tensor.indices().collect::<Vec<_>>()) {
        values[at] += 0.2 * noise.normal() as f32;
    }
    values
}

/// A grid of the first `colours` colours.
pub fn grid(height: usize, width: usize, colours: usize, seed: u32) -> Grid {
    let mut noise = Noise::new(seed, 2);
    let cells = (0..height * width).map(|_| noise.below(colours) as u8).collect();
    Grid { height, width, cells }
}

/// Samples that were acted under other parameters: ratios 1, 1 ± .4ε, 1 + 2ε and 1 − 1.75ε in turn, with advantages of
/// both signs, well away from the kinks of clipping.
pub fn batch(net: &Net, windows: &Windows, hyper: &Hyper, grids: usize, seed: u32) -> Vec<Sample> {
    let mut noise = Noise::new(seed, 3);
    let shifts = [0.0, 0.4, -0.4, 2.0, -1.75].map(|s| (1.0 + s * hyper.clip).ln());
    (0..grids)
        .map(|i| {
            let state = grid(windows.height, windows.width, COLOURS, seed * 1000 + i as u32);
            let proposals: Vec<[u8; SLOTS]> = (0..windows.count())
                .map(|p| {
                    let here = windows.colours(&state, p);
                    here.map(|c| if noise.below(2) == 0 { c } else { noise.below(COLOURS) as u8 })
                })
                .collect();
            let logp = (0..windows.count())
                .map(|p| {
                    let logits = f::forward(net, &windows.colours(&state, p)).logits;
                    ppo::agent_logp(&logits, hyper.temperature, &proposals[p]) - shifts[p % shifts.len()]
                })
                .collect();
            let next: Vec<u8> = (0..state.cells.len()).map(|_| noise.below(COLOURS) as u8).collect();
            let aggregator_logp = (0..next.len())
                .map(|q| {
                    let logits = aggregator::logits(net, &aggregator::votes(windows, &proposals, q));
                    ppo::pixel_logp(&logits, hyper.aggregator_temperature, next[q]) - shifts[(q + 1) % shifts.len()]
                })
                .collect();
            let advantages = (0..windows.count()).map(|_| noise.normal()).collect();
            let returns = (0..windows.count()).map(|_| noise.normal()).collect();
            Sample { state, proposals, logp, next, aggregator_logp, advantages, returns }
        })
        .collect()
}
