//! The WGSL files: in the binary, and in a development build read from disk again while a program runs.
//!
//! An edit is in force once every kernel in use compiles with it; until then the files are as they were.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use include_dir::{Dir, File, include_dir};

use super::Constants;
use super::assemble::Texts;
use super::checked::Checked;
use crate::spec::terms::Term;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/shaders");

fn embedded() -> Texts {
    fn put(folder: &'static Dir, texts: &mut Texts) {
        let named = |file: &'static File| Some((file.path().to_str()?.strip_suffix(".wgsl")?, file.contents_utf8()?));
        texts.extend(folder.files().filter_map(named).map(|(name, text)| (name.replace('\\', "/"), text.into())));
        folder.dirs().for_each(|folder| put(folder, texts));
    }
    let mut texts = Texts::new();
    put(&FILES, &mut texts);
    texts.insert("reward/each_term".to_owned(), each_term().into());
    texts
}

/// Imports of the reward terms' functions, and two functions that call them all: four terms a vector, 0 in the places of
/// the other kind.
fn each_term() -> String {
    let mut out = format!("#import {}\n", Term::ALL.map(|term| format!("reward/terms/{}", term.name())).join(", "));
    for (name, argument, of_pixels) in [("block_terms", "Block", false), ("pixel_terms", "Pixel", true)] {
        let call =
            |&term: &Term| Some(format!("reward_{}(at)", term.name())).filter(|_| term.is_of_pixels() == of_pixels);
        let lane = |terms: &[Term], i| terms.get(i).and_then(call).unwrap_or("0.0".to_owned());
        let quad = |terms: &[Term]| format!("vec4({})", [0, 1, 2, 3].map(|i| lane(terms, i)).join(", "));
        let quads = Term::ALL.chunks(4).map(quad).collect::<Vec<_>>().join(", ");
        out +=
            &format!("fn {name}(at: {argument}) -> array<vec4<f32>, TERM_QUADS> {{\n    return array({quads});\n}}\n");
    }
    out
}

/// The same files as they are on disk now; a file that cannot be read is as it was embedded.
fn on_disk() -> Texts {
    let read = |name: &str| fs::read_to_string(format!("{}/shaders/{name}.wgsl", env!("CARGO_MANIFEST_DIR"))).ok();
    let mut texts = embedded();
    for (name, text) in &mut texts {
        if let Some(edited) = read(name) {
            *text = Cow::Owned(edited);
        }
    }
    texts
}

/// The program's: in a development build edits are looked for.
pub(super) static SHADERS: LazyLock<Shaders> = LazyLock::new(|| {
    if cfg!(debug_assertions) {
        Shaders::new(on_disk, Some(Duration::from_millis(500)))
    } else {
        Shaders::new(embedded, None)
    }
});

/// Which shaders are in force: in a development build the number rises when edited ones are, and who holds kernels makes
/// them anew.
pub fn generation() -> u32 {
    SHADERS.generation()
}

/// What is wrong with an edited shader, told once: `shaders/FILE.wgsl:LINE:COLUMN: message`. The files are in force as they
/// were before.
pub fn edit_fault() -> Option<String> {
    SHADERS.fault()
}

/// The files in force, and the kernels that were made from them.
pub(super) struct Shaders {
    read: fn() -> Texts,
    /// None: they stay as they are.
    looked_at_every: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    texts: Arc<Texts>,
    /// As they were last read: what was found wrong is not looked at again.
    seen: Arc<Texts>,
    read_at: Instant,
    in_use: BTreeMap<String, (&'static str, Constants, Checked)>,
    generation: u32,
    fault: Option<String>,
}

impl Shaders {
    fn new(read: fn() -> Texts, looked_at_every: Option<Duration>) -> Self {
        let texts = Arc::new(read());
        let seen = Arc::clone(&texts);
        let (in_use, read_at) = (BTreeMap::new(), Instant::now());
        let state = Mutex::new(State { texts, seen, read_at, in_use, generation: 0, fault: None });
        Self { read, looked_at_every, state }
    }

    /// A kernel's text, and what it takes.
    pub fn kernel(&self, name: &'static str, constants: &Constants) -> Result<Checked, String> {
        let mut state = self.state.lock().map_err(|_| "the shaders were lost when a thread failed")?;
        let checked = Checked::new(&state.texts, name, constants, self.looked_at_every.is_some())?;
        if self.looked_at_every.is_some() {
            state.in_use.insert(format!("{name} {constants:?}"), (name, constants.clone(), checked.clone()));
        }
        Ok(checked)
    }

    fn generation(&self) -> u32 {
        let Some(every) = self.looked_at_every else { return 0 };
        let Ok(mut state) = self.state.lock() else { return 0 };
        if state.read_at.elapsed() < every {
            return state.generation;
        }
        state.read_at = Instant::now();
        let texts = Arc::new((self.read)());
        if texts == state.seen {
            return state.generation;
        }
        state.seen = Arc::clone(&texts);
        let wrong = state.in_use.values().find_map(|(name, constants, before)| {
            let now = Checked::new(&texts, name, constants, true);
            now.and_then(|now| now.takes_the_same(before, name)).err()
        });
        match &wrong {
            None => (state.texts, state.generation) = (texts, state.generation + 1),
            Some(fault) => log::warn!("{fault}"),
        }
        state.fault = wrong;
        state.generation
    }

    fn fault(&self) -> Option<String> {
        self.generation();
        self.looked_at_every.and_then(|_| self.state.lock().ok()?.fault.take())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static BODY: Cell<&'static str> = const { Cell::new("a[i] = X;") };
        static IMPORTED: Cell<&'static str> = const { Cell::new("const X = 1u;") };
    }

    fn edited() -> Texts {
        let kernel = "#import x\n@group(0) @binding(1) var<storage, read_write> a: array<u32>;\n\nfn each(i: u32) {\n    BODY\n}\n";
        let files = [("k", kernel.replace("BODY", BODY.get())), ("common/x", IMPORTED.get().to_owned())];
        files.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
    }

    #[test]
    fn an_edit_is_taken_up_once_it_is_right_and_until_then_the_old_files_stay() {
        let shaders = Shaders::new(edited, Some(Duration::ZERO));
        let mut constants = Constants::default();
        constants.whole("LANES", 64);
        let holds = |text: &str| shaders.kernel("k", &constants).expect("it compiles").text.contains(text);
        assert!(holds("a[i] = X;"));
        assert_eq!((shaders.generation(), shaders.fault()), (0, None));

        BODY.set("a[i] = 2u * X;");
        assert_eq!((shaders.generation(), shaders.fault()), (1, None));
        assert!(holds("a[i] = 2u * X;"));

        BODY.set("a[i] = Y;");
        assert_eq!(shaders.generation(), 1, "a broken edit is not taken up");
        let fault = shaders.fault().expect("it is told");
        assert!(fault.starts_with("shaders/k.wgsl:5:12: ") && fault.contains("`Y`"), "{fault}");
        assert_eq!((shaders.generation(), shaders.fault()), (1, None), "and told once");
        assert!(holds("a[i] = 2u * X;"), "the old files stay");

        // A fault of a file that it imports, and a type that does not fit.
        BODY.set("a[i] = X;");
        for (text, at) in [("\nconst X = Z;", "shaders/common/x.wgsl:2:11: "), ("const X = 1.5f;", "shaders/k.wgsl:5:")]
        {
            IMPORTED.set(text);
            assert_eq!(shaders.generation(), 1);
            let fault = shaders.fault().expect("it is told");
            assert!(fault.starts_with(at), "{fault}");
        }

        // Buffers are bound and arguments given by the program that runs.
        IMPORTED.set("const X = 1u;\n@group(0) @binding(2) var<storage, read_write> b: array<u32>;");
        assert_eq!(shaders.generation(), 1);
        let fault = shaders.fault().expect("it is told");
        assert_eq!(fault, "shaders/k.wgsl:1:1: what it binds or takes is another than before: start the program anew");

        IMPORTED.set("const X = 3u;");
        assert_eq!((shaders.generation(), shaders.fault()), (2, None), "an edit that is mended is taken up");
    }

    #[test]
    fn the_program_has_its_files() {
        let texts = embedded();
        assert_eq!(texts, on_disk());
        assert!(texts.len() > 80 && texts["common/norm"].contains("fn norm("), "{:?}", texts.keys());
    }
}
