//! The command line: what is typed becomes a plan that has been checked, and only then is anything done.
//!
//! Every error is one sentence on stderr and exit code 2.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use primordia::engine::{Choice, EngineError};
use primordia::files::Colours;
use primordia::files::FileError;
use primordia::files::format::{Format, names};
use primordia::files::pattern;
use primordia::files::run::checkpoint_at;
use primordia::learn::LearnError;
use primordia::session::sentence;
use primordia::spec::config::Config;
use primordia::spec::grid::{MAX_SIDE, MIN_SIDE};
use primordia::spec::settings::{self, ConfigError, OutOfRange, SetError};

mod bench;
mod doctor;
mod play;
mod presets;
mod probe;
mod score;
mod train;

/// A file and a command exclude each other.
const USAGE: &str = "primordia [OPTIONS] [FILE]\n       primordia [OPTIONS] <COMMAND>";

/// Watch a physics being born: worlds of ten-coloured pixels whose rule is a tiny transformer that learns, on a GPU or on
/// the processor.
#[derive(Debug, Parser)]
#[command(name = "primordia", bin_name = "primordia", version, override_usage = USAGE)]
struct Cli {
    #[arg(help = format!("Opens the window on {}", names(Format::readable())))]
    file: Option<PathBuf>,
    /// What computes: wgsl on a GPU, native on the processor, auto on a GPU where there is one
    #[arg(long, global = true, value_enum, default_value_t = Engine::Auto, display_order = 100)]
    engine: Engine,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Learn without a window
    Train(train::Args),
    /// Let a trained rule run, and record it
    Play(play::Args),
    /// Measure every reward term on a clip
    Score(score::Args),
    /// Write what a trained rule says of one state
    Probe(probe::Args),
    /// Show the adapters, what is used and what is missing
    Doctor,
    /// List the presets
    Presets(presets::Args),
    /// Measure how fast this device learns and plays
    Bench(bench::Args),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    Auto,
    Wgsl,
    Native,
}

impl From<Engine> for Choice {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Auto => Self::Auto,
            Engine::Wgsl => Self::Wgsl,
            Engine::Native => Self::Native,
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Learn(#[from] LearnError),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    #[error("preset `{name}`")]
    Preset { name: &'static str, source: ConfigError },
    #[error("the answer cannot be printed: {0}")]
    Print(std::io::Error),
    /// A complete sentence.
    #[error("{0}")]
    Input(String),
}

/// Runs the command that the process was given.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return fail(&usage(&error)),
        Err(help) => {
            // Nothing is left to tell where even this cannot be printed.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&sentence(&error)),
    }
}

fn fail(sentence: &str) -> ExitCode {
    eprintln!("error: {sentence}");
    ExitCode::from(2)
}

/// What is wrong with the command line, and where its use is told.
fn usage(error: &clap::Error) -> String {
    let first = std::env::args_os().nth(1).unwrap_or_default();
    let commands = Cli::command();
    let command = std::env::args_os().skip(1).find_map(|arg| commands.find_subcommand(arg));
    let command = command.map_or(String::new(), |command| format!("{} ", command.get_name()));
    // An option after a mistyped command is not what is wrong.
    let is_command = !command.is_empty() || first == "help";
    if !is_command
        && !first.is_empty()
        && !first.to_string_lossy().starts_with('-')
        && let Err(missing) = existing(Path::new(&first))
    {
        return missing.to_string();
    }
    let told = error.render().to_string();
    let problem = told.split("\n\n").next().map_or("", |first| first.trim_start_matches("error: "));
    let similar = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(argument)) => format!(" (is it {argument}?)"),
        _ => String::new(),
    };
    on_one_line(&format!("{problem}{similar}; see primordia {command}--help"))
}

/// The file that is to be opened; a run folder stands for its checkpoint.
fn existing(file: &Path) -> Result<PathBuf, CliError> {
    let name = file.display().to_string();
    match checkpoint_at(file) {
        found if found.exists() => return Ok(found),
        _ if file.is_dir() => {
            let problem = format!("there is no checkpoint in the folder `{name}`; choose a run's folder");
            return Err(CliError::Input(problem));
        }
        _ => {}
    }
    // Without the positional FILE, an unknown command is an error that knows the similar ones, the closest last.
    let commands = Command::augment_subcommands(clap::Command::new("primordia"));
    let error = commands.try_get_matches_from(["primordia", &name]).err();
    let advice = match error.as_ref().and_then(|error| error.get(ContextKind::SuggestedSubcommand)) {
        Some(ContextValue::Strings(similar)) if !similar.is_empty() => {
            format!("did you mean `primordia {}`?", similar[similar.len() - 1])
        }
        _ => "`primordia --help` lists the commands".to_owned(),
    };
    Err(CliError::Input(format!("there is no file or command `{name}`; {advice}")))
}

fn run(cli: Cli) -> Result<(), CliError> {
    let engine = Choice::from(cli.engine);
    let file = cli.file.as_deref().map(existing).transpose()?;
    match cli.command {
        None => window(file, engine),
        Some(_) if file.is_some() => {
            Err(CliError::Input("a file opens in the window, without a command; see primordia --help".to_owned()))
        }
        Some(Command::Train(args)) => train::run(args, engine),
        Some(Command::Play(args)) => play::run(&args, engine),
        Some(Command::Score(args)) => score::run(&args),
        Some(Command::Probe(args)) => probe::run(&args, engine),
        Some(Command::Doctor) => doctor::run(engine),
        Some(Command::Presets(args)) => presets::run(&args),
        Some(Command::Bench(args)) => bench::run(&args, engine),
    }
}

#[cfg(feature = "gui")]
fn window(file: Option<PathBuf>, engine: Choice) -> Result<(), CliError> {
    primordia::app::run(file, engine).map_err(|error| CliError::Input(sentence(&error)))
}

#[cfg(not(feature = "gui"))]
fn window(_file: Option<PathBuf>, _engine: Choice) -> Result<(), CliError> {
    let without =
        "this build has no window; build it with the feature `gui`, or see `primordia --help` for what it can do";
    Err(CliError::Input(without.to_owned()))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints lines of an answer; a reader that has seen enough is no error.
fn print(lines: &str) -> Result<(), CliError> {
    match writeln!(std::io::stdout(), "{}", lines.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::Print(error)),
        _ => Ok(()),
    }
}

/// Applies `path=value` settings in order.
fn apply_settings(config: &mut Config, assignments: &[String]) -> Result<(), CliError> {
    for assignment in assignments {
        let (path, value) = assignment
            .split_once('=')
            .ok_or_else(|| CliError::Input(format!("--set {assignment} is not of the form path=value")))?;
        settings::set(config, path.trim(), value.trim()).map_err(|error| {
            match (&error, settings::setting(path.trim())) {
                (SetError::Value { .. }, Some(setting)) => {
                    let default = setting.get(&Config::default());
                    CliError::Input(format!("{error}; its default is --set '{}={default}'", setting.path))
                }
                _ => error.into(),
            }
        })?;
    }
    Ok(())
}

/// Reads the pictures that a configuration names, so that a wrong one is found before anything is done.
fn check_pictures(config: &Config) -> Result<(), CliError> {
    let (height, width) = config.world.size;
    pattern::of_start(&config.world.start, height, width)?;
    if let Some(path) = &config.reward.target {
        pattern::open(path.as_ref(), Colours::Exact)?;
    }
    Ok(())
}

/// A stage's size: each side within what a world may have.
fn check_size(height: usize, width: usize) -> Result<(), CliError> {
    let sides = MIN_SIDE..=MAX_SIDE;
    if sides.contains(&height) && sides.contains(&width) {
        return Ok(());
    }
    let problem = format!(
        "a stage of {height}×{width} cells is not possible: a side has from {MIN_SIDE} to {MAX_SIDE}; choose --size HxW"
    );
    Err(CliError::Input(problem))
}

/// Whether foreign colours are refused or take the nearest.
fn colours(nearest: bool) -> Colours {
    if nearest { Colours::Nearest } else { Colours::Exact }
}
