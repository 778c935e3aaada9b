//! `primordia probe`: what a trained rule says of one state, as tensors.

use std::path::PathBuf;

use primordia::engine::{self, Choice};
use primordia::files::checkpoint::Checkpoint;
use primordia::files::run::checkpoint_at;
use primordia::files::tensors::{Data, Tensor, write_tensors};
use primordia::files::{check_output, pattern};
use primordia::spec::{COLOURS, SLOTS};

use super::{CliError, check_size, colours, print};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The trained rule: a checkpoint, or a run's folder
    checkpoint: PathBuf,
    /// The state
    #[arg(long, value_name = "FILE")]
    init: PathBuf,
    /// Gives foreign colours in --init the nearest of the palette
    #[arg(long)]
    nearest: bool,
    /// Where `windows`, `logits`, `value` and `aggregator_logits` go
    #[arg(long, value_name = "OUT.safetensors")]
    out: PathBuf,
}

pub fn run(args: &Args, engine: Choice) -> Result<(), CliError> {
    check_output(&args.out, "safetensors")?;
    let rule = Checkpoint::read(&checkpoint_at(&args.checkpoint))?.rule;
    let state = pattern::open(&args.init, colours(args.nearest))?;
    check_size(state.height, state.width)?;
    let probe = engine::open(engine)?.player(&rule, &state, rule.config.run.seed)?.probe()?;

    let n = probe.value.len();
    let tensors = [
        Tensor::new("windows", &[n, SLOTS], Data::U8(&probe.windows)),
        Tensor::new("logits", &[n, SLOTS, COLOURS], Data::F32(&probe.logits)),
        Tensor::new("value", &[n], Data::F32(&probe.value)),
        Tensor::new("aggregator_logits", &[state.height, state.width, COLOURS], Data::F32(&probe.aggregator_logits)),
    ];
    write_tensors(&args.out, &tensors, Vec::new())?;
    print(&format!("{n} windows: {}", args.out.display()))
}
