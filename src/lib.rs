//! Primordia: watch a physics being born.
//!
//! A grid of ten-coloured pixels whose rule is a tiny transformer, trained live by reinforcement learning on the GPU.
//! Modules in reading order; each uses only those before it:
//!
//! - [`spec`]: what the system is, without a GPU.
//! - [`files`]: checkpoints, clips, patterns and run folders.
//! - [`gpu`]: the device, shaders, pipelines and buffers.
//! - [`train`]: rollout, update, and the player of a trained rule.
//! - [`session`]: a worker that the window and the command line drive by messages.
//! - `app`: the window (feature `gui`).

pub mod spec;

pub mod files;
pub mod gpu;
pub mod train;

pub mod session;

#[cfg(feature = "gui")]
pub mod app;
