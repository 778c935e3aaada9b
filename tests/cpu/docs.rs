//! What the documents point to is there: links, headings, files and lines.

use std::fs;
use std::path::{Path, PathBuf};

fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    docs.chain([root.join("README.md")]).map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut links = 0;
    for (document, text) in documents() {
        for after in text.split("](").skip(1) {
            let target = after.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            assert!(file.exists(), "{}: there is no `{target}`", document.display());
            if !heading.is_empty() {
                let there = fs::read_to_string(&file).unwrap();
                let found = there.lines().any(|line| line.starts_with('#') && anchor(line) == heading);
                assert!(found, "{}: `{path}` has no heading `{heading}`", document.display());
            }
            links += 1;
        }
    }
    assert!(links > 10, "only {links} links were found");
}

#[test]
fn files_and_lines_that_are_named_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for (document, text) in documents() {
        for quoted in text.split('`').skip(1).step_by(2) {
            let (path, line) = match quoted.rsplit_once(':') {
                Some((path, line)) if line.parse::<usize>().is_ok() => (path, line.parse().unwrap()),
                _ => (quoted, 0),
            };
            let ours =
                ["src/", "shaders/", "tests/", "docs/", "configs/", "assets/"].iter().any(|top| path.starts_with(top));
            // A name in capitals or with an argument stands for many.
            if !ours || path.contains(|c: char| c.is_ascii_uppercase() || " …*{".contains(c)) {
                continue;
            }
            let file = root.join(path);
            assert!(file.exists(), "{}: there is no `{path}`", document.display());
            assert!(
                line == 0 || fs::read_to_string(&file).unwrap().lines().count() >= line,
                "{}: {quoted}",
                document.display()
            );
            named += 1;
        }
    }
    assert!(named > 10, "only {named} files are named");
}
