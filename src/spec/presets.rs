//! The configurations that come with the program, from `configs/`.

use super::config::Config;
use super::settings::ConfigError;

/// A configuration under a name.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// As `--preset` takes it.
    pub name: &'static str,
    /// The file's text.
    pub ron: &'static str,
}

/// The name of the preset that is taken when none is asked for.
pub const DEFAULT: &str = "explore";

/// All of them.
pub const PRESETS: [Preset; 4] = [
    Preset { name: "explore", ron: include_str!("../../configs/explore.ron") },
    Preset { name: "faithful", ron: include_str!("../../configs/faithful.ron") },
    Preset { name: "target", ron: include_str!("../../configs/target.ron") },
    Preset { name: "tiny", ron: include_str!("../../configs/tiny.ron") },
];

impl Preset {
    /// The preset of a name.
    pub fn named(name: &str) -> Option<Self> {
        PRESETS.into_iter().find(|preset| preset.name == name)
    }

    /// What it is for: the file's first line, a comment.
    pub fn about(self) -> &'static str {
        self.ron.lines().next().unwrap_or_default().trim_start_matches("//").trim()
    }

    /// Its configuration.
    pub fn config(self) -> Result<Config, ConfigError> {
        Config::from_ron(self.ron)
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, PRESETS, Preset};

    #[test]
    fn every_preset_is_valid_and_says_what_it_is_for() {
        assert!(Preset::named(DEFAULT).is_some());
        for preset in PRESETS {
            preset.config().expect(preset.name);
            assert!(preset.ron.starts_with("// ") && preset.about().len() > 20, "{}", preset.name);
        }
    }
}
