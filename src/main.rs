//! The `primordia` command.

mod cli;

fn main() -> std::process::ExitCode {
    let _runtime_folder = runtime_folder();
    cli::main()
}

/// A private folder for as long as the process runs, where the system has set none: without `XDG_RUNTIME_DIR`,
/// libwayland, which Vulkan drivers ask, complains on stderr.
fn runtime_folder() -> Option<tempfile::TempDir> {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if !cfg!(target_os = "linux") || std::env::var_os(NAME).is_some_and(|folder| !folder.is_empty()) {
        return None;
    }
    let folder = tempfile::Builder::new().prefix("primordia-").tempdir().ok()?;
    #[expect(unsafe_code, reason = "no other thread runs yet that could read the environment meanwhile")]
    // SAFETY: it is the first thing that `main` does, before any thread is started.
    unsafe {
        std::env::set_var(NAME, folder.path());
    }
    Some(folder)
}
