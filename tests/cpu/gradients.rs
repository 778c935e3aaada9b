//! The twin's analytic gradient against central differences of its loss, tensor by tensor.

use primordia::spec::config::{Config, Model};
use primordia::spec::grid::{Boundary, Windows};
use primordia::spec::params::{Params, Tensor};

use crate::reference::ppo::{self, Hyper, Sample};
use crate::reference::{Net, fixtures, widened};

/// d f/d x to fourth order: (8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h)))/12h.
fn difference(f: impl Fn(f64) -> f64, h: f64) -> f64 {
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

struct Setup {
    model: Model,
    table: Params,
    windows: Windows,
    hyper: Hyper,
    params: Vec<f64>,
    batch: Vec<Sample>,
}

fn setup(model: Model, height: usize, width: usize, boundary: Boundary, grids: usize) -> Setup {
    let table = Params::new(&model);
    let windows = Windows::new(height, width, boundary);
    let mut config = Config { model: model.clone(), ..Config::default() };
    config.ppo.clip = 0.2;
    config.ppo.entropy_coef = 0.03;
    let hyper = Hyper::from(&config);
    let params = widened(&fixtures::params(&table, 5));
    let net = Net { table: &table, model: &model, params: &params };
    let batch = fixtures::batch(&net, &windows, &hyper, grids, 7);
    Setup { model, table, windows, hyper, params, batch }
}

impl Setup {
    fn net<'a>(&'a self, params: &'a [f64]) -> Net<'a> {
        Net { table: &self.table, model: &self.model, params }
    }

    fn gradient(&self) -> Vec<f64> {
        ppo::gradient(&self.net(&self.params), &self.windows, &self.hyper, &self.batch).1
    }

    fn difference(&self, at: usize) -> f64 {
        let moved = |h: f64| {
            let mut params = self.params.clone();
            params[at] += h;
            ppo::loss(&self.net(&params), &self.windows, &self.hyper, &self.batch).total
        };
        difference(moved, 3e-4)
    }

    /// Every element of each tensor, or about `most` spread over it.
    fn check(&self, most: usize) {
        let gradient = self.gradient();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for tensor in &self.table.tensors {
            let step = tensor.len().div_ceil(most);
            let indices: Vec<usize> = tensor.indices().step_by(step).collect();
            let differences: Vec<f64> = std::thread::scope(|scope| {
                let parts: Vec<_> = indices
                    .chunks(indices.len().div_ceil(threads))
                    .map(|part| scope.spawn(|| part.iter().map(|&at| self.difference(at)).collect::<Vec<_>>()))
                    .collect();
                parts.into_iter().flat_map(|part| part.join().expect("the loss is defined everywhere")).collect()
            });
            let largest = indices.iter().map(|&at| gradient[at].abs()).fold(0.0, f64::max);
            assert!(largest > 1e-6, "{}: the gradient is at rest, at most {largest:e}", tensor.name);
            for (&at, want) in indices.iter().zip(differences) {
                let (got, name) = (gradient[at], &tensor.name);
                let fits = (got - want).abs() <= 1e-6 * want.abs() + 1e-6 * largest;
                assert!(fits, "{name} at {at}: analytic {got:e}, by differences {want:e}");
            }
        }
        let mut used = vec![false; self.table.len];
        self.table.tensors.iter().flat_map(Tensor::indices).for_each(|at| used[at] = true);
        assert!((0..self.table.len).all(|at| used[at] || gradient[at] == 0.0), "padding has a gradient");
    }
}

#[test]
fn every_element_of_a_small_model() {
    setup(fixtures::model(16, 1, 2, 1), 4, 3, Boundary::Bounded, 2).check(usize::MAX);
}

#[test]
fn two_layers_on_a_torus_that_is_not_square() {
    setup(fixtures::model(16, 2, 4, 1), 3, 5, Boundary::Torus, 1).check(40);
}

#[test]
fn wider_on_a_bounded_grid_that_is_not_square() {
    setup(fixtures::model(24, 1, 2, 2), 4, 7, Boundary::Bounded, 1).check(40);
}

#[test]
fn a_grid_with_windows_beyond_the_wide_mean() {
    setup(fixtures::model(16, 1, 4, 2), 7, 9, Boundary::Bounded, 1).check(12);
}

/// min(r·A, clip(r)·A): which side is flat depends on the sign of A, and the other is not flat at all.
#[test]
fn each_side_of_the_clip() {
    let clip = 0.2;
    for advantage in [1.5, -0.7] {
        for log_ratio in [-0.5f64, -0.25, -0.2, 0.0, 0.15, 0.2, 0.5] {
            let f = |h: f64| ppo::clipped((log_ratio + h).exp(), advantage, clip).0;
            let (got, want) = (ppo::clipped(log_ratio.exp(), advantage, clip).1, difference(f, 1e-4));
            assert!((got - want).abs() < 1e-9, "ln r = {log_ratio}, A = {advantage}: {got} and {want}");
            let ratio = log_ratio.exp();
            let flat = if advantage > 0.0 { ratio > 1.0 + clip } else { ratio < 1.0 - clip };
            assert_eq!(got == 0.0, flat, "ln r = {log_ratio}, A = {advantage}");
        }
    }
}

/// The whole loss on both sides of the kink: an agent beyond it in its favour gives f no gradient.
#[test]
fn an_agent_beyond_the_clip_gives_nothing() {
    let mut case = setup(fixtures::model(16, 1, 2, 1), 3, 3, Boundary::Bounded, 1);
    case.hyper.entropy_coef = 0.0;
    case.hyper.value_coef = 0.0;
    let now = case.batch[0].logp[0];
    let head = case.table.head;
    for (shift, advantage, flat) in [(0.3, 1.0, true), (0.3, -1.0, false), (-0.3, 1.0, false), (-0.3, -1.0, true)] {
        case.batch[0].logp[0] = now - shift;
        case.batch[0].advantages[0] = advantage;
        let gradient = case.gradient();
        let still = gradient[head.offset..][..head.len()].iter().all(|g| *g == 0.0);
        assert_eq!(still, flat, "ln r = {shift}, A = {advantage}");
        case.check_head();
    }
}

impl Setup {
    fn check_head(&self) {
        let (gradient, at) = (self.gradient(), self.table.head.offset + 3);
        let want = self.difference(at);
        assert!((gradient[at] - want).abs() <= 1e-6 * want.abs() + 1e-11, "{} and {want}", gradient[at]);
    }
}
