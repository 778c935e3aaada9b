//! The twin's forward pass against the formulas spelled out on named tensors, as a reader of a checkpoint would do it:
//! plain loops over elements and coordinates, nothing shared with the twin's layers.

use primordia::spec::CRITIC_WIDTH;
use primordia::spec::config::Model;
use primordia::spec::grid::{Boundary, Windows};
use primordia::spec::params::Params;

use crate::reference::{Net, aggregator, critic, fixtures, model, widened};

/// A tensor's elements by its name, and its columns.
struct Named<'a>(&'a Params, &'a [f64]);

impl Named<'_> {
    /// Element (row, column) of a tensor whose leading axes are flattened.
    fn at(&self, name: &str, row: usize, column: usize) -> f64 {
        let tensor = self.0.tensors.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("no tensor {name}"));
        assert!(column < tensor.columns() && row < tensor.len() / tensor.columns());
        let index = tensor.indices().nth(row * tensor.columns() + column).expect("it was checked to lie inside");
        self.1[index]
    }

    fn linear(&self, name: &str, x: &[f64], column: usize) -> f64 {
        let weight = format!("{name}.weight");
        let mut y = self.at(&format!("{name}.bias"), 0, column);
        for (i, x) in x.iter().enumerate() {
            y += x * self.at(&weight, i, column);
        }
        y
    }
}

fn norm(x: &[f64]) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let square = x.iter().map(|v| v * v).sum::<f64>() / n;
    x.iter().map(|v| (v - mean) / (square - mean * mean + 1e-5).sqrt()).collect()
}

fn gelu(x: f64) -> f64 {
    // ½(1 + tanh y) is the logistic function of 2y.
    x / (1.0 + (-2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).exp())
}

/// The nine final tokens of a window.
fn tokens(named: &Named, model: &Model, colours: &[u8; 9]) -> Vec<Vec<f64>> {
    let (d, size) = (model.d_model, model.d_model / model.heads);
    let mut x: Vec<Vec<f64>> = (0..9)
        .map(|k| {
            let colour = usize::from(colours[k]);
            (0..d).map(|i| named.at("f.embedding.colour", colour, i) + named.at("f.embedding.position", k, i)).collect()
        })
        .collect();
    for l in 0..model.layers {
        let name = |part: &str| format!("f.blocks.{l}.{part}");
        let n: Vec<_> = x.iter().map(|x| norm(x)).collect();
        let qkv = |k: usize, column: usize| named.linear(&name("attention.qkv"), &n[k], column);
        let all: Vec<Vec<f64>> = (0..9).map(|k| (0..3 * d).map(|c| qkv(k, c)).collect()).collect();
        let mut joined = vec![vec![0.0; d]; 9];
        for (query, row) in joined.iter_mut().enumerate() {
            for (column, out) in row.iter_mut().enumerate() {
                let first = column / size * size;
                let score = |key: usize| -> f64 {
                    let products = (first..first + size).map(|c| all[query][c] * all[key][d + c]);
                    (products.sum::<f64>() / (size as f64).sqrt()).exp()
                };
                let total: f64 = (0..9).map(score).sum();
                *out = (0..9).map(|key| score(key) / total * all[key][2 * d + column]).sum();
            }
        }
        for k in 0..9 {
            for i in 0..d {
                x[k][i] += named.linear(&name("attention.out"), &joined[k], i);
            }
            let n = norm(&x[k]);
            let hidden: Vec<f64> =
                (0..model.mlp_ratio * d).map(|j| gelu(named.linear(&name("mlp.in"), &n, j))).collect();
            for i in 0..d {
                x[k][i] += named.linear(&name("mlp.out"), &hidden, i);
            }
        }
    }
    x.iter().map(|x| norm(x)).collect()
}

#[track_caller]
fn near(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-10 * (1.0 + want.abs()), "{got} and {want}");
}

fn check(model: &Model, height: usize, width: usize, boundary: Boundary) {
    let table = Params::new(model);
    let params = widened(&fixtures::params(&table, 11));
    let (net, named) = (Net { table: &table, model, params: &params }, Named(&table, &params));
    let windows = Windows::new(height, width, boundary);
    let grid = fixtures::grid(height, width, 10, 12);

    let mut pooled = Vec::new();
    for p in 0..windows.count() {
        let colours = windows.colours(&grid, p);
        let (got, want) = (model::forward(&net, &colours), tokens(&named, model, &colours));
        for k in 0..9 {
            for c in 0..10 {
                let copy = if usize::from(colours[k]) == c { f64::from(model.copy_bias) } else { 0.0 };
                near(got.logits[k][c], named.linear("f.head", &want[k], c) + copy);
            }
        }
        pooled.push((0..model.d_model).map(|i| want.iter().map(|t| t[i]).sum::<f64>() / 9.0).collect::<Vec<f64>>());
    }

    let torus = boundary == Boundary::Torus;
    let inside = |row: i64, column: i64| -> Option<usize> {
        let (rows, columns) = (windows.rows as i64, windows.columns as i64);
        let exists = (0..rows).contains(&row) && (0..columns).contains(&column);
        (torus || exists).then(|| (row.rem_euclid(rows) * columns + column.rem_euclid(columns)) as usize)
    };
    // The mean of z(window) over the nine places at p + reach·δ.
    let mean = |p: usize, reach: i64, z: &dyn Fn(usize) -> f64| -> f64 {
        let (row, column) = ((p / windows.columns) as i64, (p % windows.columns) as i64);
        let places = (0..9).filter_map(|k| inside(row + reach * (k / 3 - 1), column + reach * (k % 3 - 1)));
        let values: Vec<f64> = places.map(z).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let projected: Vec<Vec<f64>> =
        pooled.iter().map(|u| (0..3 * CRITIC_WIDTH).map(|c| named.linear("critic.project", u, c)).collect()).collect();
    let got = critic::forward(&net, &windows, &pooled).value;
    for p in 0..windows.count() {
        let hidden: Vec<f64> = (0..CRITIC_WIDTH)
            .map(|c| {
                let near = mean(p, 1, &|n| projected[n][CRITIC_WIDTH + c]);
                let far = mean(p, 3, &|m| mean(m, 1, &|n| projected[n][2 * CRITIC_WIDTH + c]));
                gelu(projected[p][c] + near + far)
            })
            .collect();
        near(got[p], named.linear("critic.value", &hidden, 0));
    }

    // Every vote is thrown from its window's side: window p's slot k falls on one pixel.
    let proposals: Vec<[u8; 9]> = (0..windows.count()).map(|p| [3, 1, 4, 1, 5, 9, 2, 6, (p % 10) as u8]).collect();
    let mut z = vec![[0.0; 10]; height * width];
    for (p, proposal) in proposals.iter().enumerate() {
        let (row, column) = (p / windows.columns + windows.origin, p % windows.columns + windows.origin);
        for k in 0..9 {
            let (r, c) = ((row + height + k / 3 - 1) % height, (column + width + k % 3 - 1) % width);
            for colour in 0..10 {
                z[r * width + c][colour] += named.at("g.weight", 10 * k + usize::from(proposal[k]), colour);
            }
        }
    }
    for (q, z) in z.iter().enumerate() {
        let got = aggregator::logits(&net, &aggregator::votes(&windows, &proposals, q));
        for colour in 0..10 {
            near(got[colour], z[colour] + named.at("g.bias", 0, colour));
        }
    }
}

#[test]
fn one_layer_on_a_torus() {
    check(&fixtures::model(16, 1, 2, 2), 4, 5, Boundary::Torus);
}

#[test]
fn three_layers_on_a_bounded_grid() {
    check(&fixtures::model(24, 3, 3, 1), 6, 7, Boundary::Bounded);
}

#[test]
fn the_smallest_grids() {
    check(&fixtures::model(16, 1, 4, 4), 3, 3, Boundary::Bounded);
    check(&fixtures::model(16, 1, 1, 1), 3, 3, Boundary::Torus);
}
