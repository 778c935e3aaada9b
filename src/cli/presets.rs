//! `primordia presets`: the configurations that come with the program, and all settings.

use primordia::spec::config::Config;
use primordia::spec::presets::PRESETS;
use primordia::spec::settings::{Effect, Range, SETTINGS, Setting, Value};

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
    let mut defaults = Config::default();
    let line = |setting: &Setting| {
        let Range { min, max, .. } = setting.range;
        let range = match setting.value(&mut defaults) {
            Value::Real(_) => format!("{min} to {max}"),
            Value::Count(_) | Value::Number(_) => format!("{min} to {max}, whole"),
            Value::Size(_) => format!("{min} to {max} each"),
            _ => String::new(),
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
