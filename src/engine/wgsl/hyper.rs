//! The uniform that every kernel reads: the shape of the worlds, and the settings that are marked as `uniform`.

use std::fmt::Write as _;
use std::mem::offset_of;

use crate::spec::config::{Config, Credit, each_setting};
use crate::spec::grid::{Boundary, Windows};
use crate::spec::terms::{TERMS, Term};

/// Vectors of four that hold a number for each reward term.
pub const TERM_QUADS: usize = TERMS.div_ceil(4);

/// The struct, of 32-bit words that WGSL has too, under the same names.
macro_rules! words {
    ($($(#[$doc:meta])+ $word:ident: $type:ident,)+) => {
        /// What every kernel knows of the run: the shape of the worlds and the settings in force.
        #[repr(C)]
        #[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
        pub struct Hyper {
            /// By term, the weights of the reward terms of blocks; 0 in the places of the others.
            pub block_weights: [[f32; 4]; TERM_QUADS],
            /// Of those of pixels.
            pub pixel_weights: [[f32; 4]; TERM_QUADS],
            $($(#[$doc])+ pub $word: $type,)+
            /// Up to a whole vector.
            pub padding: [u32; Hyper::LEN.next_multiple_of(4) - Hyper::LEN],
        }

        impl Hyper {
            const LEN: usize = [$(stringify!($word)),+].len();

            /// The name, type and offset of each word.
            pub const WORDS: [(&str, &str, usize); Self::LEN] =
                [$((stringify!($word), stringify!($type), offset_of!(Self, $word)),)+];
        }
    };
}

macro_rules! hyper {
    ($($(#[$about:meta])+ $section:ident: $Section:ident { $(
        $(#[$doc:meta])+
        $setting:ident: $type:ty = $default:expr, $range:expr, $effect:ident $(, uniform $word:ident)?;
    )+ })+) => {
        words! {
            /// Rows of cells.
            height: u32,
            /// Columns of cells.
            width: u32,
            /// Rows of windows.
            rows: u32,
            /// Columns of windows.
            columns: u32,
            /// Row and column of window 0's centre.
            origin: u32,
            /// 1: the edges meet.
            torus: u32,
            /// height × width.
            cells: u32,
            /// rows × columns.
            windows: u32,
            /// How many worlds.
            worlds: u32,
            /// Steps of every world between updates, T.
            steps: u32,
            /// Everything random follows from it.
            seed: u32,
            /// 1: every agent gets its grid's mean reward.
            credit_global: u32,
            /// How far outside an agent's window the blocks lie whose rewards it gets.
            credit_radius: u32,
            $($($(#[doc = concat!("`", stringify!($section), ".", stringify!($setting), "`.")] $setting: $word,)?)+)+
        }

        impl Hyper {
            /// For worlds of `size` (height, width), `worlds` of them, under a configuration.
            pub fn new(config: &Config, size: (usize, usize), worlds: usize, seed: u32) -> Self {
                let windows = Windows::new(size.0, size.1, config.world.boundary);
                let (credit_global, credit_radius) = match config.reward.credit {
                    Credit::Global => (1, 0),
                    Credit::Local { radius } => (0, radius as u32),
                };
                let weights = |of_pixels: bool| {
                    let mut weights = [[0.0; 4]; TERM_QUADS];
                    for term in Term::ALL.into_iter().filter(|term| term.is_of_pixels() == of_pixels) {
                        weights.as_flattened_mut()[term as usize] = config.weight(term);
                    }
                    weights
                };
                Self {
                    block_weights: weights(false),
                    pixel_weights: weights(true),
                    height: size.0 as u32,
                    width: size.1 as u32,
                    rows: windows.rows as u32,
                    columns: windows.columns as u32,
                    origin: windows.origin as u32,
                    torus: u32::from(config.world.boundary == Boundary::Torus),
                    cells: (size.0 * size.1) as u32,
                    windows: windows.count() as u32,
                    worlds: worlds as u32,
                    steps: config.ppo.steps_per_update as u32,
                    seed,
                    credit_global,
                    credit_radius,
                    $($($($setting: config.$section.$setting as $word,)?)+)+
                    padding: Default::default(),
                }
            }
        }
    };
}

each_setting!(hyper);

impl Hyper {
    /// The struct and its binding, for every kernel's text.
    pub fn wgsl() -> String {
        let mut text = "struct Hyper {\n".to_owned();
        for weights in ["block_weights", "pixel_weights"] {
            let _ = writeln!(text, "    {weights}: array<vec4<f32>, {TERM_QUADS}>,");
        }
        for (word, ty, _) in Self::WORDS {
            let _ = writeln!(text, "    {word}: {ty},");
        }
        text + "}\n@group(0) @binding(0) var<uniform> hyper: Hyper;\n"
    }
}
