//! `primordia bench`: how fast this device learns and plays.

use std::fmt::Write as _;
use std::path::PathBuf;

use primordia::engine::{self, About, Choice};
use primordia::files::{check_output, write_atomically};
use serde::Serialize;

use super::{CliError, print};

mod kernels;
mod measure;
mod plot;

use kernels::KernelTime;
use measure::{Learning, LearningCase, Stage, StageCase, learning, stage};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Fewer sizes, a minute instead of many
    #[arg(long)]
    quick: bool,
    /// Draws cost against size and share of distinct windows
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

/// All that was measured.
#[derive(Debug, Serialize)]
struct Report {
    engine: &'static str,
    adapter: String,
    backend: String,
    driver: String,
    cores: usize,
    /// Of multiply-adds alone.
    peak_gflops: f64,
    /// Of reads and writes alone.
    peak_gbytes_per_second: f64,
    learning: Vec<Learning>,
    stage: Vec<Stage>,
    kernels: Vec<KernelTime>,
}

pub fn run(args: &Args, engine: Choice) -> Result<(), CliError> {
    args.plot.as_deref().map_or(Ok(()), |path| check_output(path, "svg"))?;
    let engine = engine::open(engine)?;
    let told = |what: &str| {
        if !args.json {
            eprintln!("measuring {what} …");
        }
    };
    told("the device");
    let (about, peak) = (engine.about(), engine.peak()?);
    let mut report = Report {
        engine: about.engine().name(),
        adapter: about.name.clone(),
        backend: about.backend.clone(),
        driver: about.driver.clone(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        peak_gflops: peak.flops * 1e-9,
        peak_gbytes_per_second: peak.bytes * 1e-9,
        learning: Vec::new(),
        stage: Vec::new(),
        kernels: Vec::new(),
    };
    for case in LearningCase::all(args.quick) {
        told(&case.to_string());
        report.learning.push(learning(&*engine, case)?);
    }
    for case in StageCase::all(args.quick) {
        told(&case.to_string());
        report.stage.push(stage(&*engine, case)?);
    }
    // The processor's own engine has none.
    if about.engine() == Choice::Wgsl {
        told("each kernel");
        report.kernels = kernels::times(&peak)?;
    }
    if let Some(path) = &args.plot {
        let svg =
            plot::svg(&report).map_err(|error| CliError::Input(format!("the plot could not be drawn: {error}")))?;
        write_atomically(path, |out| out.write_all(svg.as_bytes()))?;
    }
    if args.json {
        let text = serde_json::to_string(&report).map_err(|error| CliError::Input(error.to_string()))?;
        return print(&text);
    }
    print(&table(&report, &about))
}

fn table(report: &Report, about: &About) -> String {
    let mut out = format!(
        "{about}, {} processor cores\npeak: {:.0} GFLOP/s, {:.1} GB/s\n\n\
         Learning, agent-steps a second (f is evaluated once for each distinct window)\n\
         {:<14} {:>3} {:>9} {:>12} {:>12} {:>12} {:>8}\n",
        report.cores,
        report.peak_gflops,
        report.peak_gbytes_per_second,
        "worlds",
        "d",
        "distinct",
        "rollout",
        "update",
        "together",
        "MiB",
    );
    for row in &report.learning {
        let _ = writeln!(
            out,
            "{:<14} {:>3} {:>7.2} % {:>12.0} {:>12.0} {:>12.0} {:>8.1}",
            format!("{} of {1}×{1}", row.worlds, row.side),
            row.d_model,
            100.0 * row.distinct,
            row.rollout_per_second,
            row.update_per_second,
            row.agent_steps_per_second,
            row.mebibytes
        );
    }
    let _ = writeln!(
        out,
        "\nThe stage, milliseconds a step: the first under a rule, and later ones, whose windows are known\n{:<14} {:>3} {:>9} {:>12} {:>12} {:>14}",
        "stage", "d", "distinct", "the first", "a later one", "cells/s"
    );
    let longest = report.stage.iter().map(|row| row.milliseconds).fold(f64::MIN_POSITIVE, f64::max);
    let shortest = report.stage.iter().map(|row| row.milliseconds).fold(longest, f64::min);
    for row in &report.stage {
        // A bar's length is the logarithm of the cost: a tenfold cost is as much longer everywhere.
        let length = 2.0 + 28.0 * (row.milliseconds / shortest).ln() / (longest / shortest).ln().max(1e-9);
        let _ = writeln!(
            out,
            "{:<14} {:>3} {:>7.2} % {:>12.2} {:>12.2} {:>14.0}  {}",
            format!("{0}×{0}", row.side),
            row.d_model,
            100.0 * row.distinct,
            row.first_milliseconds,
            row.milliseconds,
            row.cells_per_second,
            "█".repeat(length as usize),
        );
    }
    out.push_str(&kernels::table(&report.kernels, about.engine()));
    out
}
