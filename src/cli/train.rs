//! `primordia train`: learns without a window, into a run folder.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use primordia::engine::Choice;
use primordia::files::checkpoint::Checkpoint;
use primordia::files::run::{RunFolder, checkpoint_at, checkpoint_in, holds_a_run};
use primordia::files::{pattern, read_config};
use primordia::learn::{LearnError, Metrics};
use primordia::session::{Beginning, Event, Options, Runs, Session, Stop, ToLearner, ToRun};
use primordia::spec::config::Start;
use primordia::spec::grid::Grid;
use primordia::spec::presets::{self, Preset};
use primordia::spec::settings::{self, Effect};

use super::{CliError, apply_settings, check_pictures, colours, print};

/// Time between checkpoints.
const SAVE_EVERY: Duration = Duration::from_secs(30);
/// How often Ctrl-C is looked for.
const TURN: Duration = Duration::from_millis(50);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A configuration that comes with the program; `primordia presets` lists them [default: explore]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["config", "resume"])]
    preset: Option<String>,
    /// A configuration in RON; what it leaves out has its default
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// Changes a setting, as in --set ppo.clip=0.2; `primordia presets --settings` lists them
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The run's total of updates
    #[arg(long, value_name = "N")]
    updates: Option<u32>,
    /// Everything random in the run follows from it
    #[arg(long, value_name = "S", conflicts_with = "resume")]
    seed: Option<u32>,
    /// A picture or pattern that every world starts from
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    init: Option<PathBuf>,
    /// Gives foreign colours in --init the nearest of the palette
    #[arg(long, requires = "init")]
    nearest: bool,
    /// The run's folder [default: runs/NAME-SEED, or the checkpoint's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Goes on with a run: its checkpoint, or its folder
    #[arg(long, value_name = "CHECKPOINT")]
    resume: Option<PathBuf>,
}

struct Plan {
    run: Beginning,
    /// What every world starts from.
    init: Option<Grid>,
    out: PathBuf,
}

pub fn run(args: Args, engine: Choice) -> Result<(), CliError> {
    let Plan { run, init, out } = plan(args)?;
    match run {
        Beginning::New(config) => {
            let (folder, config) = RunFolder::create(&out, &config, init.as_ref())?;
            learn(Beginning::New(Box::new(config)), engine, &out, Some(&folder))
        }
        resumed => learn(resumed, engine, &out, None),
    }
}

fn plan(args: Args) -> Result<Plan, CliError> {
    match args.resume.clone() {
        Some(path) => plan_resume(args, &checkpoint_at(&path)),
        None => plan_new(args),
    }
}

fn plan_new(args: Args) -> Result<Plan, CliError> {
    let (mut config, name) = match &args.config {
        Some(path) => (read_config(path)?, path.file_stem().map_or("run".into(), |stem| stem.to_string_lossy())),
        None => {
            let name = args.preset.as_deref().unwrap_or(presets::DEFAULT);
            let preset = Preset::named(name).ok_or_else(|| {
                let names = presets::PRESETS.map(|preset| preset.name).join(", ");
                CliError::Input(format!("there is no preset `{name}`; the presets are {names}"))
            })?;
            let config = preset.config().map_err(|source| CliError::Preset { name: preset.name, source })?;
            (config, preset.name.into())
        }
    };
    apply_settings(&mut config, &args.set)?;
    config.run.seed = args.seed.unwrap_or(config.run.seed);
    config.run.updates = args.updates.unwrap_or(config.run.updates);
    let init = match &args.init {
        None => None,
        Some(path) => {
            config.world.start = Start::Random; // what a configuration starts from, --init replaces
            Some(pattern::open(path, colours(args.nearest))?)
        }
    };
    check_pictures(&config)?;
    let out = args.out.unwrap_or_else(|| Path::new("runs").join(format!("{name}-{}", config.run.seed)));
    Ok(Plan { run: Beginning::New(Box::new(config)), init, out })
}

fn plan_resume(args: Args, path: &Path) -> Result<Plan, CliError> {
    let mut checkpoint = Checkpoint::read(path)?;
    let before = Arc::clone(&checkpoint.rule.config);
    let config = Arc::make_mut(&mut checkpoint.rule.config);
    apply_settings(config, &args.set)?;
    if let Some(fixed) = settings::differing(&before, config).find(|s| s.effect == Effect::Restart) {
        return Err(LearnError::NeedsRestart(fixed.path).into());
    }
    config.run.updates = args.updates.unwrap_or(config.run.updates);
    if config.run.updates <= checkpoint.rule.update {
        let problem = format!(
            "`{}` has had {} updates, and the run's total is {}; give a larger --updates",
            path.display(),
            checkpoint.rule.update,
            config.run.updates
        );
        return Err(CliError::Input(problem));
    }
    check_pictures(config)?;
    let home = path.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let out = args.out.unwrap_or_else(|| home.to_owned());
    let is_home = out.canonicalize().ok() == home.canonicalize().ok();
    if !is_home && holds_a_run(&out) {
        let problem = format!("`{}` holds another run already; choose another --out", out.display());
        return Err(CliError::Input(problem));
    }
    Ok(Plan { run: Beginning::Resumed(Box::new(checkpoint)), init: None, out })
}

/// Learns up to the run's total of updates, or to the end of the update in which Ctrl-C comes. A folder that was made
/// for the run goes again where the run does not come about.
fn learn(run: Beginning, engine: Choice, out: &Path, made: Option<&RunFolder>) -> Result<(), CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let handler = move || {
        // A second Ctrl-C does not wait for the update.
        if asked.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| CliError::Input(format!("Ctrl-C cannot be caught: {error}")))?;

    let (first, total) = match &run {
        Beginning::New(config) => (0, config.run.updates),
        Beginning::Resumed(checkpoint) => (checkpoint.rule.update, checkpoint.rule.config.run.updates),
    };
    let runs = Runs::In(out.to_owned());
    let options = Options { run, stage: None, open: None, runs, trial: false, software: false, engine };
    let mut session =
        Session::start(options).map_err(|error| CliError::Input(format!("the workers cannot be started: {error}")))?;
    session.send(ToRun::SaveEvery(SAVE_EVERY));
    session.send(ToLearner::Learn(first < total));
    let (mut at, mut progress, mut begun, mut failed) = (first, None, false, None);
    // Takes in what happened; whether it is the end.
    let mut take = |event| match event {
        Event::Started { .. } => {
            begun = failed.is_none();
            progress = Some(Progress::new(first, total));
            false
        }
        Event::Updated(metrics) => {
            at = metrics.update;
            progress.iter().for_each(|progress: &Progress| progress.show(&metrics));
            false
        }
        Event::Failed(problem) => {
            failed.get_or_insert(problem);
            true
        }
        Event::Learning(learning) => !learning,
        _ => false,
    };
    let mut ended = false;
    while !ended {
        for event in session.wait(TURN) {
            ended |= take(event);
        }
        if stop.load(Ordering::SeqCst) {
            session.send(ToLearner::StopAt(Stop { update: Some(0), ..Stop::default() }));
        }
    }
    for event in session.close() {
        take(event);
    }
    progress.iter().for_each(Progress::finish);
    if let Some(problem) = failed {
        made.filter(|_| !begun).into_iter().for_each(RunFolder::discard);
        return Err(CliError::Input(problem));
    }
    let checkpoint = checkpoint_in(out).display().to_string();
    if at < total {
        print(&format!("stopped after update {at} of {total}; go on with: primordia train --resume {checkpoint}"))
    } else {
        print(&format!("{total} updates done: {checkpoint}"))
    }
}

/// A bar on a terminal, a line an update elsewhere; both on stderr.
struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    first: u32,
    total: u32,
}

impl Progress {
    fn new(first: u32, total: u32) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::from(total)).with_position(u64::from(first));
            // The template is a constant of ours; indicatif's own style is a fair substitute.
            let style = ProgressStyle::with_template("{bar:24} update {pos}/{len}  {msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, began: Instant::now(), first, total }
    }

    fn show(&self, metrics: &Metrics) {
        let per_update =
            self.began.elapsed().as_secs_f64() / f64::from(metrics.update.saturating_sub(self.first).max(1));
        let left = (per_update * f64::from(self.total.saturating_sub(metrics.update))).ceil() as u64;
        let message = format!(
            "reward {:.4}  KL {:.4}  {:.0} agent-steps/s  {}:{:02} left",
            metrics.reward,
            metrics.kl,
            metrics.agent_steps_per_second,
            left / 60,
            left % 60
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::from(metrics.update));
                bar.set_message(message);
            }
            None => {
                // Learning goes on when nobody listens.
                let _ = writeln!(std::io::stderr(), "update {}/{}  {message}", metrics.update, self.total);
            }
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
