//! Every kernel on the device against its f64 twin, and whole updates. No adapter is a failed test, never a silent skip.

#![allow(clippy::needless_range_loop, reason = "indices are those of the formulas")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod compare;
mod critic;
mod distinct;
mod harness;
mod learn;
mod lists;
mod mirror;
mod model;
mod native;
mod optim;
mod peak;
mod philox;
mod reward;
mod sample;
mod sort;
mod stage;
mod sums;
mod view;
mod whole;
mod worlds;

#[path = "../reference/mod.rs"]
mod reference;

/// The files below `shaders/` are the kernels that the tests run, but for `common`, and `stage`, which the window draws with.
#[test]
fn every_kernel_has_its_cases() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.ends_with("common") || folder.ends_with("stage") || !folder.is_dir() {
            continue;
        }
        // The terms' folder holds functions for one of the kernels.
        let files_in = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        for file in files_in.filter(|path| path.is_file()) {
            let name = file.strip_prefix(&root).unwrap().with_extension("");
            files.push(name.to_str().unwrap().replace('\\', "/"));
        }
    }
    files.sort();
    let groups = [
        critic::KERNELS,
        distinct::KERNELS,
        learn::KERNELS,
        model::KERNELS,
        optim::KERNELS,
        peak::KERNELS,
        reward::KERNELS,
        sample::KERNELS,
        sort::KERNELS,
        sums::KERNELS,
        view::KERNELS,
    ];
    let mut tested: Vec<&str> = groups.concat();
    tested.sort_unstable();
    assert_eq!(files, tested);
}
