//! The twin's losses against their formulas, spelled out over agents and pixels.

use primordia::spec::config::Config;
use primordia::spec::grid::{Boundary, Windows};
use primordia::spec::params::Params;

use crate::reference::ppo::{self, Hyper};
use crate::reference::{Net, aggregator, critic, fixtures, model, widened};

/// (ln π_drawn, H) of softmax(logits/τ).
fn head(logits: &[f64; 10], temperature: f64, drawn: u8) -> (f64, f64) {
    let total: f64 = logits.iter().map(|z| (z / temperature).exp()).sum();
    let logp = logits.map(|z| z / temperature - total.ln());
    (logp[usize::from(drawn)], -logp.iter().map(|l| l * l.exp()).sum::<f64>())
}

/// −min(r·A, clip(r)·A) by cases.
fn surrogate(ratio: f64, advantage: f64, clip: f64) -> f64 {
    if advantage >= 0.0 { -ratio.min(1.0 + clip) * advantage } else { -ratio.max(1.0 - clip) * advantage }
}

fn check(height: usize, width: usize, boundary: Boundary) {
    let model = fixtures::model(16, 1, 2, 1);
    let mut config = Config { model: model.clone(), ..Config::default() };
    (config.ppo.clip, config.ppo.entropy_coef, config.ppo.value_coef) = (0.25, 0.125, 0.75);
    let (hyper, table) = (Hyper::from(&config), Params::new(&model));
    let windows = Windows::new(height, width, boundary);
    let params = widened(&fixtures::params(&table, 21));
    let net = Net { table: &table, model: &model, params: &params };
    let batch = fixtures::batch(&net, &windows, &hyper, 3, 22);
    let got = ppo::loss(&net, &windows, &hyper, &batch);

    let (mut agents, mut pixels) = (0.0, 0.0);
    let (mut policy, mut value, mut entropy, mut kl, mut clipped) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut aggregator, mut aggregator_entropy) = (0.0, 0.0);
    for sample in &batch {
        let forward = |p: usize| model::forward(&net, &windows.colours(&sample.state, p));
        let pooled: Vec<_> = (0..windows.count()).map(|p| forward(p).pooled).collect();
        let values = critic::forward(&net, &windows, &pooled).value;
        for p in 0..windows.count() {
            let (logits, mut logp) = (forward(p).logits, 0.0);
            for k in 0..9 {
                let (l, h) = head(&logits[k], 1.3f32.into(), sample.proposals[p][k]);
                logp += l;
                entropy += h;
            }
            let ratio = logp.exp() / sample.logp[p].exp();
            policy += surrogate(ratio, sample.advantages[p], 0.25);
            value += (values[p] - sample.returns[p]).powi(2) / 2.0;
            kl += ratio - 1.0 - ratio.ln();
            clipped += f64::from(u8::from(!(0.75..=1.25).contains(&ratio)));
            agents += 1.0;
        }
        for q in 0..height * width {
            let z = aggregator::logits(&net, &aggregator::votes(&windows, &sample.proposals, q));
            let (logp, h) = head(&z, 0.8f32.into(), sample.next[q]);
            // The pixel's own window is the one centred nearest.
            let distance = |p: &usize| {
                let (row, column) = (p / windows.columns + windows.origin, p % windows.columns + windows.origin);
                row.abs_diff(q / width) + column.abs_diff(q % width)
            };
            let own = (0..windows.count()).min_by_key(distance).expect("there is a window");
            aggregator += surrogate((logp - sample.aggregator_logp[q]).exp(), sample.advantages[own], 0.25);
            aggregator_entropy += h;
            pixels += 1.0;
        }
    }
    let total = policy / agents + aggregator / pixels + 0.75 * value / agents
        - 0.125 * (entropy / agents + aggregator_entropy / pixels);
    let pairs = [
        ("policy", got.policy, policy / agents),
        ("aggregator", got.aggregator, aggregator / pixels),
        ("value", got.value, value / agents),
        ("entropy", got.entropy, entropy / agents),
        ("aggregator entropy", got.aggregator_entropy, aggregator_entropy / pixels),
        ("kl", got.kl, kl / agents),
        ("clip fraction", got.clip_fraction, clipped / agents),
        ("total", got.total, total),
    ];
    for (name, got, want) in pairs {
        assert!((got - want).abs() <= 1e-10 * (1.0 + want.abs()), "{boundary:?}: {name}: {got} and {want}");
        assert!(want != 0.0, "{name} is at rest");
    }
}

#[test]
fn losses_are_their_formulas() {
    check(5, 4, Boundary::Bounded);
    check(3, 4, Boundary::Torus);
}
