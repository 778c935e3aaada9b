//! What learns, on an engine: [`ppo`].

mod metrics;
pub mod ppo;

pub use metrics::Metrics;
pub use ppo::Trainer;

/// What a tick of the trainer came to.
#[derive(Debug)]
pub enum Tick {
    /// A slice of work was done; call again.
    Working,
    /// An update was finished.
    Updated(Box<Metrics>),
}
