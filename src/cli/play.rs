//! `primordia play`: lets a trained rule run, and records it.

use std::ops::ControlFlow;
use std::path::PathBuf;

use primordia::engine::{self, Choice};
use primordia::files::checkpoint::Checkpoint;
use primordia::files::clip::{Clip, Delay, Format, format_of, write_clip, write_npy};
use primordia::files::format::endings;
use primordia::files::run::checkpoint_at;
use primordia::files::stamp::{Stamp, VERSION, fingerprint};
use primordia::files::{check_output, pattern};
use primordia::spec::config::Config;
use primordia::spec::grid::Grid;
use primordia::spec::start;

use super::{CliError, check_size, colours, print};

/// About how many pixels the longer side of a clip has.
const CLIP_SIDE: usize = 480;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The trained rule: a checkpoint, or a run's folder
    checkpoint: PathBuf,
    /// How many steps
    #[arg(long, value_name = "N")]
    steps: u32,
    /// Everything random follows from it [default: the run's]
    #[arg(long, value_name = "S")]
    seed: Option<u32>,
    /// The state to start from [default: as training worlds start]
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,
    /// Gives foreign colours in --init the nearest of the palette
    #[arg(long, requires = "init")]
    nearest: bool,
    /// The stage [default: the file's size, or a training world's]; a smaller pattern is centred on colour 0
    #[arg(long, value_name = "HxW", value_parser = size)]
    size: Option<(usize, usize)>,
    /// Takes the likeliest colours instead of drawing
    #[arg(long)]
    greedy: bool,
    #[arg(long, value_name = "OUT.gif", help = format!(
        "Writes a clip: {} (if there is an ffmpeg), or a folder of PNGs", endings(Format::of_clips())
    ))]
    clip: Option<PathBuf>,
    /// Writes the states, the start included, as u8 (N+1, H, W)
    #[arg(long, value_name = "OUT.npy")]
    states: Option<PathBuf>,
}

pub fn run(args: &Args, engine: Choice) -> Result<(), CliError> {
    let clip = args.clip.as_deref().map(|path| Ok::<_, CliError>((path, format_of(path)?))).transpose()?;
    args.states.as_deref().map_or(Ok(()), |path| check_output(path, "npy"))?;
    let rule = Checkpoint::read(&checkpoint_at(&args.checkpoint))?.rule;
    let seed = args.seed.unwrap_or(rule.config.run.seed);
    let start = first_state(args, &rule.config, seed)?;
    check_size(start.height, start.width)?;

    let mut player = engine::open(engine)?.player(&rule, &start, seed)?;
    let keeps = args.clip.is_some() || args.states.is_some();
    let (height, width) = (start.height, start.width);
    let mut states = vec![start];
    for _ in 0..args.steps {
        player.step(args.greedy)?;
        if keeps {
            states.push(player.grid()?);
        }
    }

    let mut written = Vec::new();
    if let Some((path, format)) = clip {
        let stamp = Stamp {
            version: VERSION.to_owned(),
            seed,
            step: 0,
            greedy: args.greedy,
            update: rule.update,
            checkpoint: fingerprint(&rule.params),
            config: (*rule.config).clone(),
        };
        let scale = (CLIP_SIDE / height.max(width)).max(1);
        let clip = Clip { states: &states, scale, delay: Delay::TENTH, stamp: &stamp, drawing: None };
        write_clip(path, format, &clip, &mut |_, _| ControlFlow::Continue(()))?;
        written.push(path.display().to_string());
    }
    if let Some(path) = &args.states {
        write_npy(path, &states)?;
        written.push(path.display().to_string());
    }
    let what = if keeps { written.join(" and ") } else { "nothing written; give --clip or --states".to_owned() };
    print(&format!("{} steps of {height}×{width} cells: {what}", args.steps))
}

/// The stage's state before the first step.
fn first_state(args: &Args, config: &Config, seed: u32) -> Result<Grid, CliError> {
    let init = args.init.as_ref().map(|path| pattern::open(path, colours(args.nearest))).transpose()?;
    let of_file = init.as_ref().map(|grid| (grid.height, grid.width));
    let (height, width) = args.size.or(of_file).unwrap_or(config.world.size);
    check_size(height, width)?;
    if let Some((rows, columns)) = of_file.filter(|&(rows, columns)| rows > height || columns > width) {
        let problem = format!(
            "the state of --init is {rows}×{columns} cells large, and does not fit on a stage of {height}×{width}; \
             choose a larger --size, or leave it out"
        );
        return Err(CliError::Input(problem));
    }
    if let Some(grid) = init {
        return Ok(grid.centred(height, width));
    }
    let start = &config.world.start;
    Ok(start::state(start, &pattern::of_start(start, height, width)?, (height, width), seed, (0, 0)))
}

/// `HxW`.
fn size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once(['x', '×']).and_then(|(h, w)| Some((h.parse().ok()?, w.parse().ok()?)));
    sides.ok_or_else(|| "a size is height x width, as in 40x60".to_owned())
}
