//! Primordia: watch a physics being born.
//!
//! A grid of ten-coloured pixels whose rule is a tiny transformer, trained live by reinforcement learning, on a GPU
//! or on the processor.
//!
//! Modules in reading order; each uses only those before it:
//!
//! - [`spec`]: what the system is, without a device.
//! - [`canvas`]: drawing by hand; [`picture`]: pixels of maps and captions.
//! - [`files`]: checkpoints, clips, patterns and run folders.
//! - [`engine`]: what a device does: rollout, update, and the player of a trained rule.
//! - [`learn`]: what learns on an engine.
//! - [`session`]: threads that learn, play and keep files, which the window and the command line drive by messages.
//! - `app`: the window (feature `gui`).

pub mod spec;

pub mod canvas;
pub mod files;
pub mod picture;

pub mod engine;
pub mod learn;

pub mod session;

#[cfg(feature = "gui")]
pub mod app;
