//! Worker threads: named, giving way where they compute on the window's own cores; and what becomes of them in words.

use std::any::Any;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle, available_parallelism};

/// The nice value of workers that give way: a window gets the core first, and beside other programs that want every core,
/// learning still gets a third of each.
#[cfg(target_os = "linux")]
const NICE: libc::c_int = 3;

/// What runs on a thread of its own for as long as the session.
pub(super) trait Work {
    /// Does what it is told until the session ends.
    fn serve(&mut self);

    /// It broke off by a panic; it goes on from a state that does not need what broke.
    fn broke(&mut self, message: &str);

    /// The session has ended.
    fn finish(&mut self) {}
}

/// Works until the session ends, whatever breaks.
pub(super) fn work(mut worker: impl Work) {
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| worker.serve())) {
        worker.broke(panic_message(&*panic));
    }
    worker.finish();
}

/// Threads for learning beside a window on the same processor: all but one, which draws. A thread more would hold up the
/// others while it waits for its turn, since each step is done once all are.
pub(super) fn beside_a_window() -> usize {
    available_parallelism().map_or(1, |cores| cores.get() - 1).max(1)
}

/// Starts a thread. With `yields`, it and all threads it makes (an engine's among them) give way to others.
pub(super) fn spawn(name: &str, yields: bool, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        if yields {
            lower_priority();
        }
        work();
    })
}

/// Sets this thread's nice value; threads that it starts inherit it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the standard library has no call for a thread's priority")]
fn lower_priority() {
    // SAFETY: no memory is passed; on Linux, 0 names the calling thread alone.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) } != 0 {
        log::warn!("the worker's priority could not be lowered: {}", std::io::Error::last_os_error());
    }
}

/// Elsewhere the same call would slow the whole process down.
#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// An error with its causes, as one sentence.
pub fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Transparent errors repeat their source's text.
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    // Drivers report on many lines.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
