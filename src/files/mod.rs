//! L1: what is read from and written to disk.

pub mod checkpoint;
