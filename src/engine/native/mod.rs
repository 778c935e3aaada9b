//! The engine of the processor: the same mathematics as the WGSL engine's, without a driver, on all its threads.
//!
//! It is written once over vectors of eight numbers ([`lanes`]): f32 by AVX-512 or AVX2 where the processor has it,
//! f32 without, and f64. Both engines draw the same random numbers, so they take the same path until a rounding decides a draw.

#![allow(
    clippy::needless_range_loop,
    reason = "indices are those of the formulas, and what they index lies in registers"
)]

mod agents;
#[cfg(target_arch = "x86_64")]
mod avx;
mod critic;
mod judge;
mod known;
mod lanes;
mod minibatch;
mod model;
mod peak;
mod player;
mod rollout;
mod training;

use std::sync::Arc;

use lanes::{Lanes, Plain};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{About, Choice, Engine, EngineError, Peak, Player, Training};
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;

/// What numbers are, and how many of them are worked on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Plain,
    Double,
}

/// The processor's threads.
#[derive(Clone)]
pub struct Native {
    pool: Arc<ThreadPool>,
    numbers: Numbers,
}

/// Calls a function with the lanes of the numbers.
macro_rules! with_lanes {
    ($numbers:expr, $f:ident($($argument:expr),*)) => {
        match $numbers {
            #[cfg(target_arch = "x86_64")]
            Numbers::Avx512 => $f::<avx::V8>($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Numbers::Avx2 => $f::<avx::F8>($($argument),*),
            Numbers::Plain => $f::<Plain<f32>>($($argument),*),
            Numbers::Double => $f::<Plain<f64>>($($argument),*),
        }
    };
}

impl Native {
    /// In single precision by the best instructions there are, on so many threads; 0: one for each core.
    ///
    /// # Errors
    /// The system starts no threads.
    pub fn open(threads: usize) -> Result<Self, EngineError> {
        #[cfg(target_arch = "x86_64")]
        if avx::has_avx512() {
            return Self::with(Numbers::Avx512, threads);
        }
        #[cfg(target_arch = "x86_64")]
        if avx::has_avx2() {
            return Self::with(Numbers::Avx2, threads);
        }
        Self::plain(threads)
    }

    /// In single precision by AVX2, where the processor has it.
    pub fn avx2() -> Option<Result<Self, EngineError>> {
        #[cfg(target_arch = "x86_64")]
        if avx::has_avx2() {
            return Some(Self::with(Numbers::Avx2, 0));
        }
        None
    }

    /// In single precision by instructions that every processor has, on so many threads; 0: one for each core.
    ///
    /// # Errors
    /// The system starts no threads.
    pub fn plain(threads: usize) -> Result<Self, EngineError> {
        Self::with(Numbers::Plain, threads)
    }

    /// In double precision, on so many threads; 0: one for each core.
    ///
    /// # Errors
    /// The system starts no threads.
    pub fn double(threads: usize) -> Result<Self, EngineError> {
        Self::with(Numbers::Double, threads)
    }

    /// The same numbers on so many threads.
    ///
    /// # Errors
    /// The system starts no threads.
    pub fn on(&self, threads: usize) -> Result<Self, EngineError> {
        Self::with(self.numbers, threads)
    }

    fn with(numbers: Numbers, threads: usize) -> Result<Self, EngineError> {
        let name = |i| format!("native {i}");
        let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build();
        let pool = pool.map_err(|error| EngineError::Device(format!("threads cannot be started: {error}")))?;
        Ok(Self { pool: Arc::new(pool), numbers })
    }
}

/// Refuses what this machine has no memory for.
fn check(what: &'static str, needed: u64, smaller: &'static str) -> Result<(), EngineError> {
    match available() {
        Some(there) if needed > there => {
            Err(EngineError::Memory { what, needed, but: format!("there are {there} bytes free"), smaller })
        }
        _ => Ok(()),
    }
}

/// Bytes of memory that can be taken, where the system tells.
fn available() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

fn training<L: Lanes>(of: &Native, scenario: &Scenario, steps: usize) -> Result<Box<dyn Training>, EngineError> {
    let smaller = "world.size, world.count or ppo.steps_per_update";
    let threads = of.pool.current_num_threads();
    check("this run", training::needed::<L>(scenario, steps, threads), smaller)?;
    Ok(Box::new(training::Training::<L>::new(&of.pool, scenario, steps)))
}

fn player<L: Lanes>(of: &Native, rule: &Rule, grid: &Grid, seed: u32) -> Result<Box<dyn Player>, EngineError> {
    let threads = of.pool.current_num_threads();
    check("this stage", player::needed::<L>(&rule.config, grid, threads), "it")?;
    Ok(Box::new(player::Player::<L>::new(&of.pool, rule, grid, seed)))
}

fn peak<L: Lanes>(of: &Native) -> Peak {
    peak::measure::<L>(&of.pool)
}

impl Engine for Native {
    fn about(&self) -> About {
        let threads = self.pool.current_num_threads();
        let instructions = match self.numbers {
            #[cfg(target_arch = "x86_64")]
            Numbers::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Numbers::Avx2 => "AVX2",
            Numbers::Plain => "no vectors",
            Numbers::Double => "double precision",
        };
        About {
            name: "the processor".to_owned(),
            backend: Choice::Native.name().to_owned(),
            driver: format!("{threads} {}, {instructions}", if threads == 1 { "thread" } else { "threads" }),
            software: true,
        }
    }

    fn training(&self, scenario: &Scenario, steps: usize) -> Result<Box<dyn Training>, EngineError> {
        with_lanes!(self.numbers, training(self, scenario, steps))
    }

    fn player(&self, rule: &Rule, grid: &Grid, seed: u32) -> Result<Box<dyn Player>, EngineError> {
        with_lanes!(self.numbers, player(self, rule, grid, seed))
    }

    fn peak(&self) -> Result<Peak, EngineError> {
        Ok(with_lanes!(self.numbers, peak(self)))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::check;

    #[test]
    fn what_no_machine_holds_is_refused() {
        let error = check("this stage", 1 << 60, "it").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("this stage needs 1152921504606846976 bytes on the device, there are "), "{error}");
        assert!(error.ends_with(" bytes free: make it smaller") && check("this stage", 1, "it").is_ok(), "{error}");
    }
}
