//! Which chords each action has: what comes with the program, and the user's own file laid over it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use bevy_egui::egui::{Key, Modifiers};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::Action;
use crate::files::{FileError, make_folder_of, read_text, write_atomically};
use crate::spec::settings::ron_options;

/// The head of a file of the user's own.
const HEAD: &str = "\
// The keys of Primordia. This file needs to name only what it changes: an action with all of its keys, or with none: `[]`.
// A key is a letter, a sign, or a name such as Space, Enter, Escape, Delete, Left, Home, PageUp, F5; Ctrl+, Alt+ and
// Shift+ before it say what is held down. A key that is given to one action is taken from the other that had it.
// 1 to 9 and 0 pick colours.
";
/// What is different for those who have Golly in their fingers.
const GOLLY: &str = r#"{ Play: ["Enter"], Step: ["Space", "Right"] }"#;

/// The map that comes with the program, with something before each of its rows.
fn shipped(before: &str) -> String {
    let row = |action: Action| format!("    {before}{action:?}: {:?},\n", action.shipped());
    format!("{{\n{}}}\n", Action::all().map(row).collect::<String>())
}

const HELD: [(&str, Modifiers); 3] =
    [("Ctrl+", Modifiers::COMMAND), ("Alt+", Modifiers::ALT), ("Shift+", Modifiers::SHIFT)];

/// A key, with others that are held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Chord {
    held: Modifiers,
    key: Key,
}

impl Chord {
    /// Shift does not matter where a chord does not name it: it is a part of typing `?` and `+`.
    fn matches(self, key: Key, held: Modifiers) -> bool {
        let shift = held.shift || !self.held.shift;
        self.key == key && shift && held.alt == self.held.alt && held.cmd_ctrl_matches(self.held)
    }
}

impl TryFrom<String> for Chord {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (mut held, mut name) = (Modifiers::NONE, text.as_str());
        while let Some((more, rest)) = HELD.iter().find_map(|(held, more)| Some((*more, name.strip_prefix(held)?))) {
            (held, name) = (held | more, rest);
        }
        let key = Key::from_name(name).ok_or_else(|| {
            format!("`{text}` is no key; write one as in \"N\", \"Ctrl+Shift+Z\", \"Space\", \"F5\" or \"?\"")
        })?;
        if (Key::Num0..=Key::Num9).contains(&key) && !held.command && !held.alt {
            return Err(format!("`{text}` picks a colour; hold it with Ctrl or Alt for anything else"));
        }
        Ok(Self { held, key })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, _) in HELD.iter().filter(|(_, held)| self.held.contains(*held)) {
            f.write_str(name)?;
        }
        f.write_str(match self.key {
            Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp => self.key.name(),
            Key::Minus => "-",
            key => key.symbol_or_name(),
        })
    }
}

/// A file's actions with their chords, none of them twice.
#[derive(Debug, Clone, Default)]
struct Layer(BTreeMap<Action, Vec<Chord>>);

impl Layer {
    /// Where it is wrong, and why.
    fn parse(text: &str) -> Result<Self, String> {
        ron_options().from_str(text).map_err(|error| {
            let what = match error.code {
                ron::Error::NoSuchEnumVariant { found, .. } => format!("there is no action `{found}`"),
                ron::Error::ExpectedComma => "expected a comma or the closing bracket".to_owned(),
                ron::Error::Eof => "the text ends before the closing bracket".to_owned(),
                code => code.to_string(),
            };
            format!("line {}, column {}: {what}", error.span.start.line, error.span.start.col)
        })
    }

    fn insert(&mut self, action: Action, chords: Vec<Chord>) -> Result<(), String> {
        if self.0.contains_key(&action) {
            return Err(format!("{action:?} is there twice"));
        }
        for (i, chord) in chords.iter().enumerate() {
            let other = self.0.iter().find(|(_, chords)| chords.contains(chord)).map(|(other, _)| *other);
            if let Some(other) = other.or(chords[..i].contains(chord).then_some(action)) {
                return Err(format!("`{chord}` is given to {action:?}, and to {other:?} before"));
            }
        }
        self.0.insert(action, chords);
        Ok(())
    }

    /// Lays another one over this: an action that it names has its chords alone, and a chord that it names is no other
    /// action's any more.
    fn lay(&mut self, over: &Self) {
        for chords in self.0.values_mut() {
            chords.retain(|chord| !over.0.values().flatten().any(|taken| taken == chord));
        }
        self.0.extend(over.0.iter().map(|(action, chords)| (*action, chords.clone())));
    }
}

impl<'de> Deserialize<'de> for Layer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Layer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("actions with their keys, as in { Fit: [\"F\"] }")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Layer, A::Error> {
                let mut layer = Layer::default();
                while let Some((action, chords)) = entries.next_entry()? {
                    layer.insert(action, chords).map_err(A::Error::custom)?;
                }
                Ok(layer)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The keys in force.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    map: Layer,
    /// What the user's file says.
    own: Layer,
    file: Option<PathBuf>,
    golly: bool,
}

impl Keys {
    /// Those that come with the program, until the user's `file` has been read.
    pub fn new(file: Option<PathBuf>) -> Self {
        let mut keys = Self { file, ..Self::default() };
        keys.lay();
        keys
    }

    /// Where the user's own keys are, or may be.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the user's file, if there is one. A broken one changes nothing, and is told in a sentence.
    pub fn read(&mut self) -> Result<(), String> {
        let read = self.file.as_ref().filter(|file| file.exists()).map_or_else(
            || Ok(Layer::default()),
            |file| {
                let text = read_text(file).map_err(|error| error.to_string())?;
                Layer::parse(&text).map_err(|problem| format!("`{}`, {problem}", file.display()))
            },
        );
        self.own = read.map_err(|problem| format!("{problem}; the keys stay as they are"))?;
        self.lay();
        Ok(())
    }

    /// Writes a file for the user to edit: all keys that come with the program, none of them in force.
    pub fn write_copy(&self) -> Result<(), FileError> {
        let Some(file) = &self.file else { return Ok(()) };
        make_folder_of(file)?;
        write_atomically(file, |out| write!(out, "{HEAD}{}", shipped("// ")))
    }

    /// Whether they are Golly's where the two differ.
    pub fn golly(&self) -> bool {
        self.golly
    }

    /// Takes Golly's keys, or lets them go.
    pub fn set_golly(&mut self, golly: bool) {
        self.golly = golly;
        self.lay();
    }

    fn lay(&mut self) {
        self.map = Layer::parse(&shipped("")).expect("a test reads it");
        if self.golly {
            self.map.lay(&Layer::parse(GOLLY).expect("a test reads it"));
        }
        self.map.lay(&self.own);
    }

    /// An action's chords, as texts write them.
    pub fn text(&self, action: Action) -> String {
        let chords: Vec<_> = self.map.0.get(&action).into_iter().flatten().map(Chord::to_string).collect();
        if chords.is_empty() { "no key".to_owned() } else { chords.join(", ") }
    }

    /// The first of them.
    pub fn first(&self, action: Action) -> String {
        self.map.0.get(&action).and_then(|chords| chords.first()).map_or("no key".to_owned(), Chord::to_string)
    }

    /// A sentence for a tooltip, with the action's chords.
    pub fn doc(&self, sentence: &str, action: Action) -> String {
        format!("{sentence} ({}).", self.text(action))
    }

    /// What a key means while others are held: of two chords that fit, the one that names Shift.
    pub fn action(&self, key: Key, held: Modifiers) -> Option<Action> {
        let chords = self.map.0.iter().flat_map(|(action, chords)| chords.iter().map(|chord| (*action, *chord)));
        let fitting = chords.filter(|(_, chord)| chord.matches(key, held));
        fitting.max_by_key(|(_, chord)| chord.held.shift).map(|(action, _)| action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_map_gives_every_action_a_key_and_no_key_twice() {
        let shipped = Layer::parse(&shipped("")).expect("it is valid");
        assert!(shipped.0.keys().copied().eq(Action::all()), "{:?}", shipped.0.keys());
        assert!(shipped.0.values().all(|chords| !chords.is_empty()));
        Layer::parse(GOLLY).expect("it is valid");
    }

    #[test]
    fn what_is_wrong_with_a_map_is_said_with_its_place() {
        for (text, said) in [
            ("{\n    Fly: [\"F\"],\n}", "there is no action `Fly`"),
            ("{\n    Fit: [\"Hyper+F\"],\n}", "`Hyper+F` is no key"),
            ("{\n    Fit: [\"F\"],\n    Learn: [\"F\"],\n}", "`F` is given to Learn, and to Fit before"),
            ("{\n    Fit: [\"F\", \"F\"],\n}", "`F` is given to Fit, and to Fit before"),
            ("{\n    Fit: [\"F\"],\n    Fit: [\"A\"],\n}", "Fit is there twice"),
            ("{\n    Fit: [\"7\"],\n}", "`7` picks a colour"),
            ("{\n    Fit: \"F\",\n}", "Expected"),
            ("{\n    Fit: [\"F\"\n", "expected a comma or the closing bracket"),
            ("", "Expected"),
        ] {
            let problem = Layer::parse(text).expect_err(text);
            assert!(problem.contains(said) && problem.starts_with("line "), "{problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
    }

    #[test]
    fn a_chord_is_written_as_it_is_read() {
        for text in ["N", "Ctrl+Shift+Z", "Ctrl+Alt+F5", "Space", "?", "-", "+", "Ctrl++", "[", "Right", "Ctrl+1"] {
            assert_eq!(Chord::try_from(text.to_owned()).expect(text).to_string(), text);
        }
    }

    #[test]
    fn shift_decides_where_a_chord_names_it_and_nowhere_else() {
        let keys = Keys::new(None);
        let both = Modifiers::COMMAND | Modifiers::SHIFT;
        assert_eq!(keys.action(Key::Z, Modifiers::COMMAND), Some(Action::Undo));
        assert_eq!(keys.action(Key::Z, both), Some(Action::Redo));
        assert_eq!(keys.action(Key::Z, Modifiers::NONE), Some(Action::Turn));
        assert_eq!(keys.action(Key::Questionmark, Modifiers::SHIFT), Some(Action::Keys));
        assert_eq!(keys.action(Key::N, Modifiers::ALT), None);
    }

    #[test]
    fn a_file_changes_what_it_names_and_a_broken_one_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("new/keys.ron");
        let mut keys = Keys::new(Some(file.clone()));
        let shipped = keys.map.0.clone();
        keys.read().expect("there is none, and none is needed");
        keys.write_copy().expect("it can be written");
        keys.read().expect("it is valid");
        assert_eq!(keys.map.0, shipped, "a copy to edit changes nothing yet");

        std::fs::write(&file, "{ Fit: [\"N\", \"Alt+F\"], Learn: [] }").expect("it can be written");
        keys.read().expect("it is valid");
        let held = Modifiers::NONE;
        assert_eq!([Key::N, Key::F, Key::L].map(|key| keys.action(key, held)), [Some(Action::Fit), None, None]);
        assert_eq!([Action::Fit, Action::Noise].map(|action| keys.text(action)), ["N, Alt+F", "no key"]);
        keys.set_golly(true);
        assert_eq!([Key::Space, Key::N].map(|key| keys.action(key, held)), [Some(Action::Step), Some(Action::Fit)]);
        keys.set_golly(false);

        let before = keys.map.0.clone();
        for broken in [&b"{ Fit: [\"A\" }"[..], b"\xff"] {
            std::fs::write(&file, broken).expect("it can be written");
            let problem = keys.read().expect_err("it is broken");
            assert!(problem.contains("keys.ron`") && problem.ends_with("the keys stay as they are"), "{problem}");
            assert_eq!(keys.map.0, before);
        }
    }
}
