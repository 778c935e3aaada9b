//! Layers use only those below them: app → session → train → {gpu, files} → spec.

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may use besides itself.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("app", &["session", "train", "gpu", "files", "spec"]),
    ("session", &["train", "gpu", "files", "spec"]),
    ("train", &["gpu", "files", "spec"]),
    ("gpu", &["spec"]),
    ("files", &["spec"]),
    ("spec", &[]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a layer's folder can be read");
    let paths = entries.map(|entry| entry.expect("a folder's entry can be read").path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The layers that a source names as `crate::layer`, `use crate::{a, b::c}` included.
fn used(source: &str) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => names.push(after),
            Some(group) => {
                let mut depth = 0;
                let mut start = 0;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        ',' | '}' if depth == 0 => {
                            names.push(group[start..at].trim());
                            start = at + 1;
                            if character == '}' {
                                break;
                            }
                        }
                        '}' => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
    }
    let identifier = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    names.into_iter().map(identifier).filter(|name| !name.is_empty()).collect()
}

#[test]
fn names_are_found() {
    let source =
        "use crate::spec::grid;\n// crate::app\nuse crate::{files::{a, b}, gpu,\n  train};\nlet x = crate::app::y;";
    assert_eq!(used(source), ["spec", "files", "gpu", "train", "app"]);
}

#[test]
fn layers_point_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for (layer, allowed) in MAY_USE {
        let folder = src.join(layer);
        if !folder.is_dir() {
            continue;
        }
        for path in sources(&folder).iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
            let source = fs::read_to_string(path).expect("a source can be read");
            for name in used(&source) {
                let fits = name == layer || allowed.contains(&name.as_str());
                assert!(fits, "{}: {layer} uses crate::{name}; it may use {allowed:?}", path.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} sources were found");
}
