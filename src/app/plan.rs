//! When learning is to pause by itself, and how often it is saved, as the menu beside Learn has it.

use crate::session::Stop;

/// What the menu asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In force.
    pub stop: Stop,
    /// Updates to learn before the next pause.
    pub updates: u32,
    /// The reward that pauses learning, once it is ticked.
    pub reward: f64,
    /// The KL that does.
    pub kl: f64,
    /// The minutes that do.
    pub minutes: f64,
    /// Minutes between checkpoints.
    pub save_every: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { stop: Stop::default(), updates: 10, reward: 0.1, kl: 0.1, minutes: 30.0, save_every: 5.0 }
    }
}
