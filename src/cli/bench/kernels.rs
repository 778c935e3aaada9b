//! Each kernel's time, by timestamps, and how far f's kernels are from what the device can at most.

use std::fmt::Write as _;

use primordia::engine::wgsl::gpu::Gpu;
use primordia::engine::{Choice, EngineError, Peak};
use primordia::learn::{Learner, Tick};
use primordia::spec::CRITIC_WIDTH;
use primordia::spec::config::Config;
use serde::Serialize;

use super::CliError;
use super::measure::LearningCase;

const SIDE: usize = 16;
const D: usize = 16;

/// A kernel's part in an update whose windows are all distinct.
#[derive(Debug, Serialize)]
pub struct KernelTime {
    pub kernel: String,
    pub dispatches: u64,
    pub milliseconds: f64,
    /// Of all kernels' time.
    pub share: f64,
    /// In an update with 1 % distinct windows.
    pub structured_milliseconds: f64,
    /// Arithmetic, where it is that of f's layers.
    pub gflops: Option<f64>,
    /// Of the device's peak.
    pub of_peak_flops: Option<f64>,
    /// Bytes that it reads and writes, each counted once where it is asked for.
    pub gbytes: Option<f64>,
    /// Of the device's peak.
    pub of_peak_bytes: Option<f64>,
}

/// One update of all-distinct windows, and one of 1 %, by kernel, the slowest first; none where the device cannot time
/// them.
pub fn times(peak: &Peak) -> Result<Vec<KernelTime>, CliError> {
    let gpu = Gpu::open_timed().map_err(EngineError::from)?;
    let Some(profile) = gpu.profile() else { return Ok(Vec::new()) };
    let spent = |trainer: &mut dyn Learner| {
        for _compiled in [false, true] {
            profile.take();
            while matches!(trainer.tick()?, Tick::Working) {}
        }
        Ok::<_, CliError>(profile.take())
    };
    let structured = spent(&mut *LearningCase::of(SIDE, D, 0.01).learner(&gpu)?)?;
    let mut trainer = LearningCase::of(SIDE, D, 1.0).learner(&gpu)?;
    let spent = spent(&mut *trainer)?;
    let all: f64 = spent.values().map(|spent| spent.seconds).sum();
    let config = trainer.config();
    let agents = (config.world.count * SIDE * SIDE) as f64;
    let steps = config.ppo.steps_per_update as f64;
    let learned = agents * steps * config.ppo.epochs as f64;
    let looked_at = agents * (steps + 1.0) + learned;
    let mut times: Vec<KernelTime> = spent
        .into_iter()
        .map(|(kernel, spent)| {
            let windows = if kernel.starts_with("forward") { looked_at } else { learned };
            let cost = cost(kernel, config).map(|(flops, bytes)| (windows * flops, windows * bytes));
            KernelTime {
                kernel: kernel.to_owned(),
                dispatches: spent.dispatches,
                milliseconds: 1e3 * spent.seconds,
                share: spent.seconds / all,
                structured_milliseconds: structured.get(kernel).map_or(0.0, |spent| 1e3 * spent.seconds),
                gflops: cost.map(|cost| cost.0 * 1e-9),
                of_peak_flops: cost.map(|cost| cost.0 / spent.seconds / peak.flops),
                gbytes: cost.map(|cost| cost.1 * 1e-9),
                of_peak_bytes: cost.map(|cost| cost.1 / spent.seconds / peak.bytes),
            }
        })
        .collect();
    times.sort_by(|a, b| b.milliseconds.total_cmp(&a.milliseconds));
    Ok(times)
}

/// Floating-point operations and bytes of activations for one window, weights apart: of the layers' products alone.
fn cost(kernel: &str, config: &Config) -> Option<(f64, f64)> {
    let (d, layers) = (config.model.d_model as f64, config.model.layers as f64);
    let m = d * config.model.mlp_ratio as f64;
    let v = CRITIC_WIDTH as f64;
    // Multiply-adds and floats moved, a token.
    let linear = |inputs: f64, outputs: f64| inputs * outputs;
    // Layer 0 has a table for its queries, keys and values.
    let later = layers - 1.0;
    let weights = later * linear(d, 3.0 * d) + layers * (linear(d, d) + 2.0 * linear(d, m)) + linear(d, 10.0);
    let (products, floats) = match kernel {
        "forward/attention_in" => (later * linear(d, 3.0 * d), later * 4.0 * d),
        "forward/attention" => (layers * 2.0 * 9.0 * d, (layers + 3.0 * later) * d),
        "forward/mlp" => (layers * (linear(d, d) + 2.0 * linear(d, m)), (3.0 * layers + later) * d),
        "forward/head" => (linear(d, 10.0), d + 12.0),
        "forward/critic_project" => (linear(d, 3.0 * v) / 9.0, d + 3.0 * v / 9.0),
        "backward/attention_in" => (later * linear(3.0 * d, d), later * 7.0 * d),
        "backward/attention" => (layers * 5.0 * 9.0 * d, (4.0 * layers + 3.0 * later) * d),
        "backward/mlp" => (layers * (linear(d, d) + 3.0 * linear(d, m)), layers * (5.0 * d + 2.0 * m)),
        "backward/head" => (linear(10.0, d), 3.0 * d + 12.0),
        "backward/weights" => {
            (weights + linear(d, 3.0 * v) / 9.0, later * 4.0 * d + layers * (5.0 * d + 2.0 * m) + d + 12.0)
        }
        _ => return None,
    };
    Some((2.0 * 9.0 * products, 4.0 * 9.0 * floats))
}

pub fn table(times: &[KernelTime], engine: Choice) -> String {
    if engine == Choice::Native {
        return "\nThe engine native has no kernels that could be timed one by one; --engine wgsl has.\n".to_owned();
    }
    if times.is_empty() {
        return "\nThis device has no timestamps: its kernels cannot be timed one by one.\n".to_owned();
    }
    let mut out = format!(
        "\nOne update, every window distinct ({SIDE}×{SIDE}, d {D}), by kernel; at the right, the same with 1 % distinct\n\
         {:<26} {:>10} {:>10} {:>7} {:>8} {:>8} {:>8} {:>8} {:>10}\n",
        "kernel", "dispatches", "ms", "share", "GFLOP", "of peak", "GB", "of peak", "ms at 1 %"
    );
    let percent = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    for row in times {
        let _ = writeln!(
            out,
            "{:<26} {:>10} {:>10.2} {:>5.1} % {:>8} {:>8} {:>8} {:>8} {:>10.2}",
            row.kernel,
            row.dispatches,
            row.milliseconds,
            100.0 * row.share,
            number(row.gflops),
            percent(row.of_peak_flops),
            number(row.gbytes),
            percent(row.of_peak_bytes),
            row.structured_milliseconds,
        );
    }
    out
}
