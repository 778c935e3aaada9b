//! What the device can at most: the measure of every kernel's speed.

use std::time::Instant;

use super::buffers::Plan;
use super::forward::{Op, pass};
use super::hyper::Hyper;
use super::shape::Shape;
use crate::args;
use crate::engine::wgsl::gpu::Gpu;
use crate::engine::{EngineError, Peak};
use crate::spec::config::Config;

/// Measures both by kernels that do nothing else.
pub fn peak(gpu: &Gpu) -> Result<Peak, EngineError> {
    // 64 MiB: more than a processor's caches.
    const VECTORS: usize = 1 << 22;
    const SUMS: usize = 24;
    let mut plan = Plan::default();
    plan.add("hyper", 1, size_of::<Hyper>());
    plan.add("stream", VECTORS, 16);
    let buffers = plan.allocate(gpu, "the benchmark", "nothing")?;
    let constants = Shape::new(&Config::default().model, 64).constants(gpu);
    let arithmetic = Op::new(gpu, &buffers, &constants, "bench/arithmetic", &[])?;
    let memory = Op::new(gpu, &buffers, &constants, "bench/memory", &[])?;
    // Of three runs the fastest: the first compiles.
    let fastest = |run: &dyn Fn(&mut wgpu::ComputePass)| {
        (0..3).try_fold(f64::INFINITY, |best, _| {
            let mut encoder = gpu.encoder();
            run(&mut pass(&mut encoder));
            let began = Instant::now();
            gpu.finish(encoder)?;
            Ok::<_, EngineError>(best.min(began.elapsed().as_secs_f64()))
        })
    };
    let invocations = if gpu.is_software() { 1 << 14 } else { 1 << 20 };
    let rounds = 1 << 10;
    let computing = fastest(&|pass| arithmetic.each(pass, args![rounds], invocations))?;
    let moving = fastest(&|pass| memory.each(pass, args![], VECTORS))?;
    Ok(Peak { flops: (2 * SUMS * rounds * invocations) as f64 / computing, bytes: (32 * VECTORS) as f64 / moving })
}
