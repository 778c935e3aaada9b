//! Rust and WGSL name the same things: the one struct that they share, word for word, and no other.

use std::path::Path;

use primordia::engine::wgsl::{Hyper, TERM_QUADS};

#[test]
fn hyper_is_the_same_on_both_sides() {
    let module = naga::front::wgsl::parse_str(&Hyper::wgsl()).unwrap();
    let (members, span) = module
        .types
        .iter()
        .find_map(|(_, ty)| match &ty.inner {
            naga::TypeInner::Struct { members, span } => Some((members, *span)),
            _ => None,
        })
        .unwrap();
    let words = members.iter().map(|member| (member.name.as_deref().unwrap(), member.offset as usize));
    let weights = [("block_weights", 0), ("pixel_weights", 16 * TERM_QUADS)];
    let rust = weights.into_iter().chain(Hyper::WORDS.map(|(name, _, at)| (name, at)));
    assert!(words.eq(rust), "{}", Hyper::wgsl());
    assert_eq!(span as usize, size_of::<Hyper>());
}

/// Texts of every kernel and what it imports; what the window draws with has a mirror of its own.
fn texts(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() && !entry.ends_with("stage") {
            texts(&entry, out);
        } else if entry.is_file() {
            out.push((entry.display().to_string(), std::fs::read_to_string(&entry).unwrap()));
        }
    }
}

/// Everything else that is bound is an array of numbers, and arguments are u32: nothing else needs a mirror.
#[test]
fn no_other_struct_is_shared() {
    let mut shaders = Vec::new();
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders"), &mut shaders);
    assert!(shaders.len() > 50, "{}", shaders.len());
    let plain = ["u32", "f32", "atomic<u32>", "vec2<f32>", "vec4<f32>", "vec4<u32>"];
    for (path, text) in shaders {
        for line in text.lines().filter(|line| line.starts_with("@group")) {
            let ty = line.split_once(": ").and_then(|(_, rest)| rest.split_once(';')).unwrap().0;
            let element = ty.strip_prefix("array<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(ty);
            // A sized array's element stands before its size.
            let element = element.split_once(", ").map_or(element, |(element, _)| element);
            assert!(plain.contains(&element), "{path}: {line}");
        }
        let args =
            text.split_once("struct Args {").and_then(|(_, rest)| rest.split_once('}')).map_or("", |args| args.0);
        let code: String = args.lines().filter_map(|line| line.split("//").next()).collect();
        for arg in code.split(',').map(str::trim).filter(|arg| !arg.is_empty()) {
            assert!(arg.ends_with(": u32"), "{path}: {arg}");
        }
    }
}
