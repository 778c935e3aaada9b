//! Imports point one way: app, cli → session → learn → engine → files, canvas, picture → spec; and inside a layer, or a folder
//! of one, they run in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, with what it may use besides itself.
const LAYERS: [(&str, &[&str]); 9] = [
    ("spec", &[]),
    ("canvas", &["spec"]),
    ("picture", &["spec"]),
    ("files", &["picture", "spec"]),
    ("engine", &["spec"]),
    ("learn", &["engine", "files", "spec"]),
    ("session", &["learn", "engine", "files", "picture", "canvas", "spec"]),
    ("app", &["session", "learn", "engine", "files", "picture", "canvas", "spec"]),
    ("cli", &["app", "session", "learn", "engine", "files", "picture", "canvas", "spec"]),
];

/// A module's path below the crate, and its text without comments and tests.
struct Source {
    module: Vec<String>,
    /// Whether it is a folder's `mod.rs`, which its children see as `super`.
    is_folder: bool,
    code: String,
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a layer's folder can be read");
    let paths = entries.map(|entry| entry.expect("a folder's entry can be read").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: PathBuf| {
        let inside = path.strip_prefix(&root).expect("it lies below the root").with_extension("");
        let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let is_folder = module.last().is_some_and(|name| name == "mod");
        module.truncate(module.len() - usize::from(is_folder));
        let text = fs::read_to_string(&path).expect("a source can be read");
        Source { module, is_folder, code: code(&text) }
    };
    let rust = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs") && path.parent() != Some(&root);
    let sources: Vec<Source> = files(&root).into_iter().filter(rust).map(read).filter(|s| !s.in_tests()).collect();
    assert!(LAYERS.iter().all(|(layer, _)| sources.iter().any(|source| source.module[0] == *layer)));
    sources
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The paths that code names from the crate's root or from a module upwards, with `{a, b::c}` taken apart.
fn paths(code: &str) -> Vec<Vec<String>> {
    fn tree(text: &str, before: &[String], found: &mut Vec<Vec<String>>) {
        let name: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let rest = text.trim_start()[name.len()..].trim_start();
        let path: Vec<String> = before.iter().cloned().chain((!name.is_empty()).then_some(name)).collect();
        match rest.strip_prefix("::") {
            Some(rest) => tree(rest, &path, found),
            None if rest.starts_with('{') => {
                let (mut depth, mut start) = (0, 1);
                for (at, c) in rest.char_indices() {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    if (c == ',' && depth == 1) || (c == '}' && depth == 0) {
                        tree(&rest[start..at], &path, found);
                        start = at + 1;
                    }
                    if depth == 0 {
                        return;
                    }
                }
            }
            None => found.push(path),
        }
    }
    let mut found = Vec::new();
    for root in ["crate", "super"] {
        for (at, _) in code.match_indices(&format!("{root}::")) {
            // The second of `super::super::` belongs to the first, and `primordia_crate::` to nobody.
            if !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                tree(&code[at..], &[], &mut found);
            }
        }
    }
    found
}

impl Source {
    /// Whether the file is a test's.
    fn in_tests(&self) -> bool {
        self.module.iter().any(|name| name == "tests")
    }

    /// What it names, from the crate's root.
    fn names(&self) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for path in paths(&self.code) {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let base = if ups == 0 { 0 } else { self.module.len().saturating_sub(ups) };
            all.push(self.module[..base].iter().chain(&path[ups.max(1)..]).cloned().collect());
        }
        all
    }
}

/// What each folder gives out under its own name: (folder, name) → the child that has it.
fn given_out(sources: &[Source]) -> BTreeMap<Vec<String>, String> {
    let mut given = BTreeMap::new();
    for folder in sources.iter().filter(|source| source.is_folder) {
        for statement in folder.code.split(';') {
            let Some((_, path)) = statement.split_once("use ").filter(|(before, _)| before.contains("pub")) else {
                continue;
            };
            for path in paths(&format!("crate::{path};")) {
                if let [_, child, .., name] = &path[..] {
                    given.insert([&folder.module[..], std::slice::from_ref(name)].concat(), child.clone());
                }
            }
        }
    }
    given
}

#[test]
fn names_are_found() {
    let text =
        "use crate::spec::grid;\n// crate::app\nuse crate::{files::{a, b}, gpu,\n  learn};\nlet x = super::super::y;";
    let found: Vec<String> = paths(&code(text)).iter().map(|path| path.join("::")).collect();
    let want =
        ["crate::spec::grid", "crate::files::a", "crate::files::b", "crate::gpu", "crate::learn", "super::super::y"];
    assert_eq!(found, want);
}

#[test]
fn layers_point_one_way() {
    for source in sources() {
        let layer = &source.module[0];
        let (_, allowed) = LAYERS.iter().find(|(name, _)| name == layer).expect("a folder of src is a layer");
        for path in source.names().iter().filter(|path| !path.is_empty()) {
            // What is no layer is a macro of ours.
            let used = LAYERS.iter().find(|(name, _)| *name == path[0]);
            let fits = used.is_none_or(|(used, _)| used == layer || allowed.contains(used));
            assert!(fits, "{}: it uses {}; its layer may use {allowed:?}", source.module.join("::"), path.join("::"));
        }
    }
}

/// The children of a folder and what they import of each other; what the folder's own `mod.rs` imports is no part of it.
fn imports(folder: &[String], sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let given = given_out(sources);
    let children: BTreeSet<&String> =
        sources.iter().filter(|s| s.module.starts_with(folder)).filter_map(|s| s.module.get(folder.len())).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.module.starts_with(folder)) {
        let Some(child) = source.module.get(folder.len()) else { continue };
        for path in source.names().iter().filter(|path| path.starts_with(folder)) {
            let Some(name) = path.get(folder.len()) else { continue };
            let of = given.get(&path[..=folder.len()]).unwrap_or(name);
            if of != child && children.contains(of) {
                imports.entry(child.clone()).or_default().insert(of.clone());
            }
        }
    }
    imports
}

/// A circle that begins and ends at a module, if there is one.
fn circle<'a>(at: &'a str, imports: &'a BTreeMap<String, BTreeSet<String>>, way: &mut Vec<&'a str>) -> bool {
    if way.contains(&at) {
        way.push(at);
        return true;
    }
    way.push(at);
    if imports.get(at).into_iter().flatten().any(|next| circle(next, imports, way)) {
        return true;
    }
    way.pop();
    false
}

#[test]
fn no_folder_holds_a_circle() {
    let sources = sources();
    let mut circles = Vec::new();
    for folder in sources.iter().filter(|source| source.is_folder) {
        let imports = imports(&folder.module, &sources);
        let mut way = Vec::new();
        if imports.keys().any(|module| circle(module, &imports, &mut way)) {
            circles.push(format!("{}: {}", folder.module.join("::"), way.join(" → ")));
        }
    }
    assert!(circles.is_empty(), "imports run in a circle:\n{}", circles.join("\n"));
}
