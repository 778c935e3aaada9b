//! What the window remembers from one time to the next, in the user's data folder.

use std::path::PathBuf;

use bevy::prelude::Resource;
use serde::{Deserialize, Serialize};

use super::colours::ColourMap;
use crate::files::{FileError, make_folder_of, read_text, write_atomically};
use crate::spec::settings::ron_options;

/// What is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// Whether the theme is dark.
    pub dark: bool,
    /// Whether the keys are Golly's where the two differ.
    pub golly: bool,
    /// The colours that the window draws in.
    pub colours: ColourMap,
}

impl Default for Prefs {
    fn default() -> Self {
        Self { dark: true, golly: false, colours: ColourMap::default() }
    }
}

/// The file that it is remembered in, and what that says.
#[derive(Debug, Resource)]
pub struct Memory {
    file: Option<PathBuf>,
    said: Prefs,
}

impl Memory {
    /// Reads a file; what cannot be read is as if it were new.
    pub fn open(file: Option<PathBuf>) -> Self {
        let there = file.as_ref().filter(|file| file.exists());
        let read = there.and_then(|file| {
            let text = read_text(file).map_err(|error| error.to_string());
            let prefs = text.and_then(|text| ron_options().from_str(&text).map_err(|error| error.to_string()));
            prefs.inspect_err(|error| log::warn!("{}: {error}", file.display())).ok()
        });
        Self { said: read.unwrap_or_default(), file }
    }

    /// What the file says.
    pub fn prefs(&self) -> Prefs {
        self.said
    }

    /// Writes what has changed.
    pub fn keep(&mut self, prefs: Prefs) -> Result<(), FileError> {
        if prefs == self.said {
            return Ok(());
        }
        // What cannot be written is said once.
        self.said = prefs;
        let Some(file) = &self.file else { return Ok(()) };
        let text = ron_options().to_string(&prefs).expect("it is plain data");
        make_folder_of(file)?;
        write_atomically(file, |out| writeln!(out, "{text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_there_the_next_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("new/window.ron");
        let mut memory = Memory::open(Some(file.clone()));
        assert_eq!(memory.prefs(), Prefs::default());
        memory.keep(Prefs::default()).expect("there is nothing to write");
        assert!(!file.exists());
        let chosen = Prefs { dark: false, golly: true, colours: ColourMap::Safe };
        memory.keep(chosen).expect("it can be written");
        assert_eq!(Memory::open(Some(file.clone())).prefs(), chosen);
        std::fs::write(&file, "(dark: false, other: 3").expect("it can be written");
        assert_eq!(Memory::open(Some(file)).prefs(), Prefs::default());
    }
}
