//! The most that the processor does: multiply-adds that wait for nothing, and memory read and written in order.

use std::hint::black_box;
use std::time::Instant;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::lanes::{LANES, Lanes, Real};
use crate::engine::Peak;

/// Multiply-adds in flight: as many as units times latency, and some.
const CHAINS: usize = 12;
const ROUNDS: usize = 1 << 20;
/// Numbers that a thread copies: more than caches hold.
const COPIED: usize = 1 << 24;
/// Of which the best counts.
const TRIALS: usize = 4;

/// On all threads of a pool.
pub fn measure<L: Lanes>(pool: &ThreadPool) -> Peak {
    let threads = pool.current_num_threads();
    let best = |work: &mut (dyn FnMut() + Send)| {
        let seconds = (0..TRIALS).map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64()
        });
        seconds.fold(f64::INFINITY, f64::min)
    };
    let multiply = best(&mut || {
        pool.broadcast(|_| {
            L::run(
                #[inline(always)]
                || {
                    let mut sums = [L::of(0.5); CHAINS];
                    let (a, b) = (black_box(L::of(0.999)), black_box(L::of(1e-3)));
                    for _ in 0..ROUNDS {
                        for sum in &mut sums {
                            *sum = sum.mul_add(a, b);
                        }
                    }
                    black_box(sums.iter().map(|sum| sum.sum().f64()).sum::<f64>());
                },
            );
        });
    });
    let mut rooms: Vec<_> =
        (0..threads).map(|_| (vec![L::Real::of(1.0); COPIED], vec![L::Real::default(); COPIED])).collect();
    let copy = best(&mut || {
        pool.install(|| rooms.par_iter_mut().for_each(|(from, to)| to.copy_from_slice(black_box(from))));
    });
    Peak {
        flops: (2 * threads * LANES * CHAINS * ROUNDS) as f64 / multiply,
        bytes: (2 * threads * COPIED * size_of::<L::Real>()) as f64 / copy,
    }
}
