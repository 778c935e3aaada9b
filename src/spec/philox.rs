//! Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
//!
//! Keyed by (seed, stream) and counted by (step, world, cell, draw): a draw depends on where it is used and never on
//! the order in which draws are made. `shaders/common/philox.wgsl` is the same function.

use std::convert::Infallible;

use rand::rand_core::TryRng;
use rand::rand_core::block::{BlockRng, Generator};

/// What a number is drawn for: the second half of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Initial parameters; counter (0, 0, index / 4, 0).
    Init = 0,
    /// Starting states; counter (start number, world, cell / 4, 0).
    Start = 1,
    /// Proposals a_{p,k}; counter (step, world, window, k / 4), and for the last slot bits that the first four leave.
    Proposal = 2,
    /// The next colour y_q; counter (step, world, which four of a row's cells, 0).
    Colour = 3,
    /// The order of grids in an epoch's minibatches; counter (update, epoch, index / 4, 0).
    Order = 4,
    /// The shuffles that measures are held against: [`Draws`] of (step, which grid).
    Shuffle = 5,
    /// What is sprayed or scattered by hand: [`Draws`] of (gesture, part).
    Hand = 6,
}

/// Ten rounds on a counter of four words under a key of two.
#[inline(always)]
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..10 {
        let p0 = 0xD251_1F53u64 * u64::from(c0);
        let p1 = 0xCD9E_8D57u64 * u64::from(c2);
        [c0, c1, c2, c3] = [(p1 >> 32) as u32 ^ c1 ^ k0, p1 as u32, (p0 >> 32) as u32 ^ c3 ^ k1, p0 as u32];
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    [c0, c1, c2, c3]
}

/// The numbers of one stream under one seed.
#[derive(Debug, Clone, Copy)]
pub struct Philox {
    /// The run's seed.
    pub seed: u32,
    /// What the numbers are for.
    pub stream: Stream,
}

impl Philox {
    /// Number `index` of the sequence at (a, b): word `index % 4` of the block counted (a, b, index / 4, 0).
    pub fn word(self, a: u32, b: u32, index: u32) -> u32 {
        philox([a, b, index / 4, 0], [self.seed, self.stream as u32])[(index % 4) as usize]
    }

    /// The sequence at (a, b) for [`rand`].
    pub fn draws(self, a: u32, b: u32) -> Draws {
        Draws(BlockRng::new(Blocks { counter: [a, b, 0, 0], key: [self.seed, self.stream as u32] }))
    }

    /// The same as a real in (0, 1): (word >> 9 + ½)·2⁻²³, exact in f32.
    pub fn uniform(self, a: u32, b: u32, index: u32) -> f32 {
        unit_from_word(self.word(a, b, index))
    }

    /// A standard normal by Box and Muller, from uniforms `2·index` and `2·index + 1`.
    pub fn normal(self, a: u32, b: u32, index: u32) -> f32 {
        let (u, v) = (f64::from(self.uniform(a, b, 2 * index)), f64::from(self.uniform(a, b, 2 * index + 1)));
        ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
    }
}

/// The words of a sequence one after the other, as `rand` takes them. What is replayed bit for bit takes
/// [`Philox::word`] instead, since the algorithms of `rand` may change between its versions.
#[derive(Debug, Clone)]
pub struct Draws(BlockRng<Blocks>);

#[derive(Debug, Clone)]
struct Blocks {
    counter: [u32; 4],
    key: [u32; 2],
}

impl Generator for Blocks {
    type Output = [u32; 4];

    fn generate(&mut self, output: &mut [u32; 4]) {
        *output = philox(self.counter, self.key);
        self.counter[2] = self.counter[2].wrapping_add(1);
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64_from_u32())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

/// A word as a real in (0, 1).
pub fn unit_from_word(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::{Philox, Stream, philox};

    #[test]
    fn draws_are_the_words_in_their_order() {
        let noise = Philox { seed: 7, stream: Stream::Hand };
        let mut draws = noise.draws(3, 4);
        assert!((0..9).all(|index| draws.next_u32() == noise.word(3, 4, index)));
    }

    /// Random123's published known-answer vectors (kat_vectors, philox4x32 10).
    #[test]
    fn known_answers() {
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, want) in cases {
            assert_eq!(philox(counter, key), want);
        }
    }
}
