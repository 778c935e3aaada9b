//! Where the time goes: each worker adds what it spends, the window reads the sums.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Sums since the start of the session.
#[derive(Debug, Default)]
pub struct Spent {
    learning: AtomicU64,
    playing: AtomicU64,
    steps: AtomicU64,
}

impl Spent {
    /// Time spent learning.
    pub fn learning(&self) -> Duration {
        Duration::from_nanos(self.learning.load(Relaxed))
    }

    /// Time spent on the stage.
    pub fn playing(&self) -> Duration {
        Duration::from_nanos(self.playing.load(Relaxed))
    }

    /// Steps of the stage.
    pub fn steps(&self) -> u64 {
        self.steps.load(Relaxed)
    }

    pub(super) fn add_learning(&self, since: Instant) {
        self.learning.fetch_add(since.elapsed().as_nanos() as u64, Relaxed);
    }

    pub(super) fn add_playing(&self, since: Instant, steps: u64) {
        self.playing.fetch_add(since.elapsed().as_nanos() as u64, Relaxed);
        self.steps.fetch_add(steps, Relaxed);
    }
}
