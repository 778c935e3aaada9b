//! The reward terms: one row each. `shaders/reward/terms/NAME.wgsl` has each for the device, as `reward_NAME`.
//!
//! N is the number of blocks, D the set of directions, B_t(x) the 2×2 block at x.

use serde::{Deserialize, Serialize};

use super::transition::Block;

/// How a term is had in f64.
#[derive(Clone, Copy)]
pub enum Worth {
    /// At each 2×2 block.
    Block(fn(Block<'_>) -> f64),
    /// At each pixel, from the colour that it takes and the target picture's.
    Pixel(fn(u8, u8) -> f64),
}

struct Row {
    name: &'static str,
    doc: &'static str,
    worth: Worth,
}

macro_rules! terms {
    ($($(#[doc = $doc:literal])+ $term:ident $name:literal $kind:ident($twin:expr);)+) => {
        /// A term of the reward.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[repr(usize)]
        pub enum Term {
            $($(#[doc = $doc])+ $term),+
        }

        impl Term {
            /// All terms, in the order of their discriminants.
            pub const ALL: [Self; TERMS] = [$(Self::$term),+];
        }

        /// How many terms there are.
        pub const TERMS: usize = [$($name),+].len();

        #[expect(clippy::redundant_closure_for_method_calls, reason = "a method's path is of one lifetime")]
        static ROWS: [Row; TERMS] =
            [$(Row { name: $name, doc: concat!($($doc),+), worth: Worth::$kind($twin) }),+];
    };
}

terms! {
    /// 2×2 blocks that go one tile in some direction and keep their colours: the source's reward. One colour everywhere
    /// earns all of it.
    Shift "shift" Block(|at| at.shift());
    /// Shift, weighted by how rare the block is.
    Surprise "surprise" Block(|at| at.shift() * at.rarity());
    /// Blocks of more than one colour that leave their place and arrive somewhere new.
    Move "move" Block(|at| at.moves());
    /// Move, where the surroundings do not go along.
    Relative "relative" Block(|at| f64::from(at.moving() > 0 && at.matching_directions().all(|d| at.stands_out(d))));
    /// Move, less what would match by chance.
    Lift "lift" Block(lift);
    /// Blocks that go one way, and one way only, while others go other ways. Flicker and drift of the whole grid earn
    /// nothing.
    Flow "flow" Block(flow);
    /// The squared share of a block's cells that move: a gentle way in.
    SoftMove "soft_move" Block(|at| if at.is_uniform() { 0.0 } else { at.most_moved().powi(2) });
    /// Pixels that equal the target picture.
    Target "target" Pixel(|after, target| f64::from(after == target));
}

impl Term {
    /// As files and tables spell it.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].name
    }

    /// What it pays for.
    pub fn doc(self) -> &'static str {
        ROWS[self as usize].doc.trim_start()
    }

    /// Its value in f64.
    pub fn worth(self) -> Worth {
        ROWS[self as usize].worth
    }

    /// Whether it is one of pixels, which are compared with the target picture; the others are of blocks.
    pub fn is_of_pixels(self) -> bool {
        matches!(self.worth(), Worth::Pixel(_))
    }
}

impl TryFrom<String> for Term {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|term| term.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no reward term `{name}`; the terms are {names}")
        })
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.name().to_owned()
    }
}

/// A move, less the chance of one: that B_t(x) turns up in at least one direction.
pub fn lift(at: Block<'_>) -> f64 {
    if !at.leaves() {
        return 0.0;
    }
    at.moves() - (1.0 - (1.0 - at.chance()).powf(at.ways()))
}

/// A move in exactly one direction, the less the more of them go there, less the chance of one.
pub fn flow(at: Block<'_>) -> f64 {
    if !at.leaves() {
        return 0.0;
    }
    let (n, p) = (at.ways(), at.chance());
    at.only_way().map_or(0.0, |d| 1.0 - at.excess(d)) - n * p * (1.0 - p).powf(n - 1.0)
}
