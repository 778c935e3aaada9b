//! Every kernel on the device against its f64 twin. No adapter is a failed test, never a silent skip.

mod compare;

#[path = "../reference/mod.rs"]
mod reference;
