//! Reward terms in f64.
