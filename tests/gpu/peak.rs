//! The kernels that measure the device itself.

use primordia::args;
use primordia::engine::wgsl::gpu::Args;
use primordia::engine::wgsl::shape::Shape;

use crate::harness::{Over, Run, floats, kernels};
use crate::worlds::{WORLDS, normals};

kernels! {
    "bench/arithmetic" => arithmetic,
    "bench/memory" => memory,
}

const N: usize = 70;

fn check(kernel: &'static str, args: Args, becomes: impl Fn(f64) -> f64) {
    let (shape, hyper) = (Shape::new(&WORLDS[0].of.config().model, 64), WORLDS[0].of.hyper());
    let before = normals(4 * N, 140);
    let after = before.iter().map(|&x| becomes(x)).collect();
    let run = Run::new(kernel, &shape, &hyper).floats("stream", &before);
    run.check(args, Over::Each(N), vec![floats("stream", after, 1e-5)]).unwrap();
}

fn arithmetic(kernel: &'static str) {
    check(kernel, args![rounds: 3], |x| (0..6).map(|i| (0..3).fold(x + f64::from(i), |sum, _| sum * 0.5 + x)).sum());
}

fn memory(kernel: &'static str) {
    check(kernel, args![], |x| x * 0.5 + 1.0);
}
