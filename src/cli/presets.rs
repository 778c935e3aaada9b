//! `primordia presets`: the configurations that come with the program, and all settings.

use primordia::spec::config::Config;
use primordia::spec::grid::{MAX_SIDE, MIN_SIDE};
use primordia::spec::presets::PRESETS;
use primordia::spec::settings::{Effect, Range, SETTINGS, Setting};

use super::{CliError, print};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Lists every setting instead: its default, what it may be, and what it does
    #[arg(long)]
    settings: bool,
}

pub fn run(args: &Args) -> Result<(), CliError> {
    if !args.settings {
        let lines = PRESETS.map(|preset| format!("{:<10} {}", preset.name, preset.about()));
        return print(&lines.join("\n"));
    }
    let defaults = Config::default();
    let line = |setting: &Setting| {
        let range = match setting.range {
            Range::Real { min, max, .. } => format!("{min} to {max}"),
            Range::Whole { min, max } => format!("{min} to {max}, whole"),
            Range::Ron if setting.path == "world.size" => format!("{MIN_SIDE} to {MAX_SIDE} each"),
            Range::Ron => String::new(),
        };
        let restart = if setting.effect == Effect::Restart { " (a new run only)" } else { "" };
        row(setting.path, &setting.get(&defaults), &range, &format!("{}{restart}", setting.doc))
    };
    let heading = row("setting", "default", "range", "what it does");
    print(&std::iter::once(heading).chain(SETTINGS.iter().map(line)).collect::<Vec<_>>().join("\n"))
}

fn row(path: &str, default: &str, range: &str, doc: &str) -> String {
    format!("{path:<30} {default:<30} {range:<24} {doc}")
}
