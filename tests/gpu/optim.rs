//! The end of a minibatch, and Adam.

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::shape::Shape;

use crate::compare::{Case, check_cases};
use crate::harness::{Over, Run, floats, kernels, words};
use crate::reference::adam::{self, Adam};
use crate::worlds::{WORLDS, normals};

kernels! {
    "optim/step" => step,
    "optim/adam" => adam_step,
}

fn setup() -> (Shape, Hyper) {
    (Shape::new(&WORLDS[0].of.config().model, 64), WORLDS[0].of.hyper())
}

const LN_10: f64 = std::f64::consts::LN_10;

/// What is odd about a minibatch.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Oddity {
    None,
    TooFar,
    NotFinite(f64),
    Stopped,
}

const STEPS: &[Case<(usize, Oddity)>] = &[
    Case { name: "one parameter", of: (1, Oddity::None) },
    Case { name: "a workgroup", of: (64, Oddity::None) },
    Case { name: "ragged", of: (1000, Oddity::None) },
    Case { name: "KL beyond its target", of: (65, Oddity::TooFar) },
    Case { name: "infinite", of: (65, Oddity::NotFinite(f64::INFINITY)) },
    Case { name: "not a number", of: (65, Oddity::NotFinite(f64::NAN)) },
    Case { name: "stopped before", of: (65, Oddity::Stopped) },
];

fn step(kernel: &'static str) {
    check_cases(STEPS, |(n, oddity)| {
        let (shape, hyper) = setup();
        let (agents, cells) = (7.0, 11.0);
        let mut gradient = normals(n, 61);
        if let Oddity::NotFinite(value) = oddity {
            gradient[n / 2] = value;
        }
        let mut sums = normals(20, 62);
        let target = f64::from(hyper.target_kl);
        sums[9] = agents * target * if oddity == Oddity::TooFar { 1.01 } else { 0.99 };
        let before = normals(11, 63);
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let mut report = before.clone();
        let mut counts = [40, 0, 9, 17];
        // In the order of `engine::wgsl::places::report`: nothing, where the update has stopped already.
        if oddity == Oddity::Stopped {
            counts[1] = 1;
        } else {
            report[8] = sums[9] / agents;
            report[9] = norm;
        }
        let mut after = counts;
        match oddity {
            Oddity::Stopped => {}
            Oddity::TooFar => after[1] = 1,
            Oddity::NotFinite(_) => {
                (report[10], after[1]) = (1.0, 1);
                report[9] = f64::NAN;
            }
            Oddity::None => {
                let losses = [
                    sums[8] / agents,
                    sums[12] / agents,
                    sums[16] / cells,
                    sums[11] / (9.0 * agents * LN_10),
                    sums[17] / (cells * LN_10),
                    sums[10] / agents,
                    norm,
                    1.0,
                ];
                report.iter_mut().zip(losses).for_each(|(entry, loss)| *entry += loss);
                after[3] += 1;
            }
        }
        let ran = Run::new(kernel, &shape, &hyper)
            .floats("gradient", &gradient)
            .floats("sums", &sums)
            .floats("report", &before)
            .words("counts", &counts)
            .go(args![n, agents: 7, cells: 11], Over::Groups([1, 1, 1]))?;
        if let Oddity::NotFinite(_) = oddity {
            let norm = f32::from_bits(ran.words("report")[9]);
            report[9] = before[9];
            if norm.is_finite() {
                return Err(format!("the norm is {norm}"));
            }
            let got: Vec<f64> = ran.words("report").iter().map(|&word| f32::from_bits(word).into()).collect();
            let same = (0..11).all(|i| i == 9 || (got[i] - report[i]).abs() < 1e-5);
            return if same && ran.words("counts") == after { Ok(()) } else { Err(format!("{got:?}")) };
        }
        ran.check(&[floats("report", report, 1e-5), words("counts", after.to_vec())])
    });
}

const ADAM: &[Case<(usize, u32, f64)>] = &[
    Case { name: "one parameter, first step", of: (1, 1, 0.01) },
    Case { name: "a workgroup, second step, clipped", of: (64, 2, 3.0) },
    Case { name: "ragged, a late step", of: (1000, 400, 0.01) },
    Case { name: "every parameter, the critic's among them", of: (usize::MAX, 3, 0.01) },
];

fn adam_step(kernel: &'static str) {
    check_cases(ADAM, |(n, step, scale)| {
        let (shape, hyper) = setup();
        let n = n.min(shape.params.len);
        let mut gradient: Vec<f64> = normals(n, 64).iter().map(|g| scale * g).collect();
        gradient[n / 2] = 0.0;
        let mut params = normals(n, 65);
        let v: Vec<f64> = normals(n, 67).iter().map(|v| 0.01 * (0.1 + v * v)).collect();
        let mut optimiser = Adam { m: normals(n, 66).iter().map(|m| 0.1 * m).collect(), v, step: step - 1 };
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let mut report = vec![0.0; 11];
        report[9] = norm;
        // Not where the update has stopped: then nothing changes.
        [1, 0].into_iter().try_for_each(|stopped| {
            let run = Run::new(kernel, &shape, &hyper)
                .floats("gradient", &gradient)
                .floats("report", &report)
                .words("counts", &[5, stopped, 6, step])
                .floats("params", &params)
                .floats("adam_m", &optimiser.m)
                .floats("adam_v", &optimiser.v);
            let mut wants = Vec::new();
            if stopped == 0 {
                adam::clip(&mut gradient, hyper.max_grad_norm.into());
                let rates = adam::rates(&shape.params, hyper.learning_rate.into());
                optimiser.step(&mut params, &gradient, rates, hyper.adam_eps.into());
                wants.push(floats("params", params.clone(), 3e-6));
                wants.push(floats("adam_m", optimiser.m.clone(), 1e-6));
                wants.push(floats("adam_v", optimiser.v.clone(), 1e-6));
            }
            run.check(args![], Over::Each(n), wants)
        })
    });
}
