//! The losses of independent PPO over a minibatch of whole grids, and their gradient.
//!
//! - Agent: logp = Σ_k ln softmax(logits_k/τ)[a_k]; ratio r = exp(logp − old);
//!   policy = −mean over agents of min(r·A, clip(r, 1 ± ε)·A). KL = mean((r − 1) − ln r).
//! - Pixel: the same with softmax(z/τ_g)[y] and the advantage of the pixel's own window.
//! - value = ½·mean over agents of (V̂ − R̂)².
//! - total = policy + aggregator + value_coef·value − entropy_coef·(mean over agents of Σ_k H_k)
//!   − entropy_coef·(mean over pixels of H).

use std::collections::BTreeMap;

use primordia::spec::config::Config;
use primordia::spec::grid::{Grid, Windows, key_from_colours};
use primordia::spec::{COLOURS, SLOTS};

use super::linear::{entropy, softmax};
use super::model::{self, Logits};
use super::{Net, aggregator, critic};

/// What the losses depend on besides parameters and data.
#[derive(Debug, Clone, Copy)]
pub struct Hyper {
    pub clip: f64,
    pub entropy_coef: f64,
    pub value_coef: f64,
    pub temperature: f64,
    pub aggregator_temperature: f64,
}

impl From<&Config> for Hyper {
    fn from(config: &Config) -> Self {
        Self {
            clip: config.ppo.clip.into(),
            entropy_coef: config.ppo.entropy_coef.into(),
            value_coef: config.ppo.value_coef.into(),
            temperature: config.model.temperature.into(),
            aggregator_temperature: config.model.aggregator_temperature.into(),
        }
    }
}

/// One step of one world, as it was acted, and what it came to.
#[derive(Debug, Clone)]
pub struct Sample {
    /// S_t.
    pub state: Grid,
    /// (N, 9): a.
    pub proposals: Vec<[u8; SLOTS]>,
    /// (N): the agents' log-probabilities when they acted.
    pub logp: Vec<f64>,
    /// (H·W): y, S_{t+1}.
    pub next: Vec<u8>,
    /// (H·W): the pixels' log-probabilities when they were drawn.
    pub aggregator_logp: Vec<f64>,
    /// (N): A, normalised over the rollout.
    pub advantages: Vec<f64>,
    /// (N): R̂ = (A_raw + V − μ)/σ.
    pub returns: Vec<f64>,
}

/// Means over a minibatch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Losses {
    pub policy: f64,
    pub aggregator: f64,
    pub value: f64,
    /// Mean over agents of Σ_k H_k, in nats.
    pub entropy: f64,
    /// Mean over pixels of H, in nats.
    pub aggregator_entropy: f64,
    pub total: f64,
    pub kl: f64,
    /// Share of agents with |r − 1| > ε.
    pub clip_fraction: f64,
}

/// A head's distribution and what the losses need of it.
pub struct Head {
    pub probabilities: [f64; COLOURS],
    /// Of what was drawn.
    pub logp: f64,
    pub entropy: f64,
    temperature: f64,
}

impl Head {
    pub fn new(logits: &[f64; COLOURS], temperature: f64, drawn: u8) -> Self {
        let probabilities = softmax(logits, temperature);
        let logp = probabilities[usize::from(drawn)].ln();
        Self { probabilities, logp, entropy: entropy(&probabilities), temperature }
    }

    /// d(dlogp·ln π_drawn + dentropy·H)/dlogits.
    pub fn backward(&self, drawn: u8, dlogp: f64, dentropy: f64) -> [f64; COLOURS] {
        std::array::from_fn(|c| {
            let p = self.probabilities[c];
            let hit = if c == usize::from(drawn) { 1.0 } else { 0.0 };
            let slope = if p > 0.0 { -p * (p.ln() + self.entropy) } else { 0.0 };
            (dlogp * (hit - p) + dentropy * slope) / self.temperature
        })
    }
}

/// −min(r·A, clip(r, 1 ± ε)·A), and its derivative by ln r.
pub fn clipped(ratio: f64, advantage: f64, clip: f64) -> (f64, f64) {
    let (free, held) = (ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage);
    if free <= held { (-free, -free) } else { (-held, 0.0) }
}

/// ln of the probability of a window's proposal, Σ over its slots.
pub fn agent_logp(logits: &Logits, temperature: f64, proposal: &[u8; SLOTS]) -> f64 {
    (0..SLOTS).map(|k| Head::new(&logits[k], temperature, proposal[k]).logp).sum()
}

/// ln of the probability of a pixel's colour.
pub fn pixel_logp(logits: &[f64; COLOURS], temperature: f64, colour: u8) -> f64 {
    Head::new(logits, temperature, colour).logp
}

/// The losses of a minibatch.
pub fn loss(net: &Net, windows: &Windows, hyper: &Hyper, batch: &[Sample]) -> Losses {
    evaluate(net, windows, hyper, batch, None)
}

/// The losses and d total / d parameters, in the device's layout, before clipping.
pub fn gradient(net: &Net, windows: &Windows, hyper: &Hyper, batch: &[Sample]) -> (Losses, Vec<f64>) {
    let mut gradient = vec![0.0; net.table.len];
    let losses = evaluate(net, windows, hyper, batch, Some(&mut gradient));
    (losses, gradient)
}

/// f at one key, and what flows back to it from all its windows: f depends on the key alone.
struct Proposer {
    activations: model::Activations,
    dlogits: Logits,
    dpooled: Vec<f64>,
}

fn evaluate(net: &Net, windows: &Windows, hyper: &Hyper, batch: &[Sample], mut gradient: Option<&mut [f64]>) -> Losses {
    let agents = (batch.len() * windows.count()) as f64;
    let mut losses = Losses::default();
    let mut proposers = BTreeMap::new();
    for sample in batch {
        let keys: Vec<u32> = (0..windows.count())
            .map(|p| {
                let colours = windows.colours(&sample.state, p);
                let key = key_from_colours(&colours);
                proposers.entry(key).or_insert_with(|| Proposer {
                    activations: model::forward(net, &colours),
                    dlogits: [[0.0; COLOURS]; SLOTS],
                    dpooled: vec![0.0; net.model.d_model],
                });
                key
            })
            .collect();

        for (p, key) in keys.iter().enumerate() {
            let Proposer { activations, dlogits, .. } = proposers.get_mut(key).expect("every key was entered");
            agent(hyper, sample, p, agents, &activations.logits, dlogits, &mut losses);
        }

        let pooled: Vec<_> = keys.iter().map(|key| proposers[key].activations.pooled.clone()).collect();
        let critic = critic::forward(net, windows, &pooled);
        let errors: Vec<f64> = critic.value.iter().zip(&sample.returns).map(|(v, r)| v - r).collect();
        losses.value += errors.iter().map(|e| 0.5 * e * e).sum::<f64>() / agents;
        if let Some(gradient) = gradient.as_deref_mut() {
            let dvalue: Vec<f64> = errors.iter().map(|e| hyper.value_coef * e / agents).collect();
            let dpooled = critic::backward(net, windows, &critic, &dvalue, gradient);
            for (key, d) in keys.iter().zip(&dpooled) {
                super::linear::add(&mut proposers.get_mut(key).expect("every key was entered").dpooled, d);
            }
        }

        pixels(net, windows, hyper, sample, batch.len(), &mut losses, gradient.as_deref_mut());
    }
    if let Some(gradient) = gradient {
        for proposer in proposers.values() {
            model::backward(net, &proposer.activations, &proposer.dlogits, &proposer.dpooled, gradient);
        }
    }
    losses.total = losses.policy + losses.aggregator + hyper.value_coef * losses.value
        - hyper.entropy_coef * (losses.entropy + losses.aggregator_entropy);
    losses
}

/// Adds one agent's share of the losses, and its gradient to dlogits (9, 10).
fn agent(
    hyper: &Hyper,
    sample: &Sample,
    p: usize,
    agents: f64,
    logits: &Logits,
    dlogits: &mut Logits,
    losses: &mut Losses,
) {
    let proposal = &sample.proposals[p];
    let heads: [Head; SLOTS] = std::array::from_fn(|k| Head::new(&logits[k], hyper.temperature, proposal[k]));
    let log_ratio = heads.iter().map(|head| head.logp).sum::<f64>() - sample.logp[p];
    let ratio = log_ratio.exp();
    let (surrogate, dlogp) = clipped(ratio, sample.advantages[p], hyper.clip);
    losses.policy += surrogate / agents;
    losses.entropy += heads.iter().map(|head| head.entropy).sum::<f64>() / agents;
    losses.kl += ((ratio - 1.0) - log_ratio) / agents;
    if (ratio - 1.0).abs() > hyper.clip {
        losses.clip_fraction += 1.0 / agents;
    }
    for k in 0..SLOTS {
        let d = heads[k].backward(proposal[k], dlogp / agents, -hyper.entropy_coef / agents);
        super::linear::add(&mut dlogits[k], &d);
    }
}

/// Adds one grid's share of g's losses, and its gradient.
fn pixels(
    net: &Net,
    windows: &Windows,
    hyper: &Hyper,
    sample: &Sample,
    grids: usize,
    losses: &mut Losses,
    mut gradient: Option<&mut [f64]>,
) {
    let count = (grids * sample.next.len()) as f64;
    for (q, &colour) in sample.next.iter().enumerate() {
        let votes = aggregator::votes(windows, &sample.proposals, q);
        let head = Head::new(&aggregator::logits(net, &votes), hyper.aggregator_temperature, colour);
        let advantage = sample.advantages[aggregator::own_window(windows, q)];
        let ratio = (head.logp - sample.aggregator_logp[q]).exp();
        let (surrogate, dlogp) = clipped(ratio, advantage, hyper.clip);
        losses.aggregator += surrogate / count;
        losses.aggregator_entropy += head.entropy / count;
        if let Some(gradient) = gradient.as_deref_mut() {
            let dlogits = head.backward(colour, dlogp / count, -hyper.entropy_coef / count);
            aggregator::backward(net, &votes, &dlogits, gradient);
        }
    }
}
