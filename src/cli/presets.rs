//! `primordia presets`: the configurations that come with the program, and all settings.

use primordia::spec::config::Config;
use primordia::spec::presets::PRESETS;
use primordia::spec::settings::{Effect, Range, SETTINGS};

use super::CliError;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Lists every setting instead: its default, what it may be, and what it does
    #[arg(long)]
    settings: bool,
}

pub fn run(args: &Args) -> Result<(), CliError> {
    if !args.settings {
        for preset in PRESETS {
            println!("{:<10} {}", preset.name, preset.about());
        }
        return Ok(());
    }
    let defaults = Config::default();
    for setting in SETTINGS {
        let range = match setting.range {
            Range::Real { min, max, .. } => format!("{min} to {max}"),
            Range::Whole { min, max } => format!("{min} to {max}, whole"),
            Range::Ron => String::new(),
        };
        let restart = if setting.effect == Effect::Restart { " (a new run only)" } else { "" };
        println!("{:<30} {:<28} {:<24} {}{restart}", setting.path, setting.get(&defaults), range, setting.doc);
    }
    Ok(())
}
