//! The sizes that the kernels are built with, and the constants that tell them.

use super::hyper::{Hyper, TERM_QUADS};
use super::places;
use crate::engine::wgsl::gpu::{Constants, Gpu};
use crate::spec::config::Model;
use crate::spec::params::{Block, Params};
use crate::spec::philox::Stream;
use crate::spec::terms::Term;
use crate::spec::{COLOURS, CRITIC_RATE, CRITIC_WIDTH, NORM_EPS, SLOTS};

/// Rows whose tokens lie side by side: `shaders/common/tile.wgsl`.
pub const BAND: usize = 8;
/// Lanes of a workgroup: `shaders/backward/weights.wgsl` has a band of tokens by as many features.
pub const LANES: usize = BAND * BAND;
/// Kinds of dispatch over a tile: `forward::Over`.
pub const OVERS: usize = 3;
/// Agents in a row that one invocation counts.
pub const STRETCH: usize = 64;
/// In place of a count: as many as there are rows.
pub const ALL_ROWS: u32 = u32::MAX;
/// Floats of ten colours on the device / 4.
pub const COLOURS4: usize = COLOURS.div_ceil(4);
/// Floats of ten colours on the device.
pub const PADDED: usize = 4 * COLOURS4;
/// A token's positions and colours.
pub const PAIRS: usize = SLOTS * COLOURS;
/// Features / 4 of V's hidden layer.
pub const V4: usize = CRITIC_WIDTH / 4;
/// Features / 4 of V's three projections of a window.
pub const PROJECTED: usize = 3 * V4;
/// 2×2 blocks that there can be.
pub const BLOCK_CODES: usize = COLOURS.pow(4);
/// Ways that a block can move at most.
pub const DIRECTIONS: usize = 8;
/// Runs that agents are split into while they are sorted by row.
pub const LISTS: usize = 64;
/// Into so many sums at most what a gradient adds up is split: `shaders/common/splits.wgsl`.
pub const SPLITS: usize = 256;
/// Agents of a row that one invocation sums up.
pub const PART: usize = 128;
/// Features / 4 of what a part sums up: `shaders/common/parts.wgsl`.
pub const PART_WIDTH: usize = SLOTS * COLOURS4 + PROJECTED;
/// Words that a token's draws take: `shaders/common/draws.wgsl`.
pub const DRAW_WORDS: usize = COLOURS;
/// What three slots' votes can be, absent ones included.
pub const THREE_VOTES: usize = VOTES.pow(3);
/// What a slot's vote can be, an absent one included.
const VOTES: usize = COLOURS + 1;
/// Activations of a tile take at most so many bytes.
const TILE_BYTES: usize = 96 << 20;

/// An architecture's sizes and a workspace's.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The parameter table.
    pub params: Params,
    /// D / 4.
    pub d4: usize,
    /// Hidden units of an MLP / 4.
    pub m4: usize,
    /// Attention heads.
    pub heads: usize,
    /// Agents that are evaluated together.
    pub chunk: usize,
    /// Rows whose activations are held together.
    pub tile: usize,
    /// Rows of the table of distinct windows: logits are kept for so many.
    pub rows: usize,
    /// Entries of the hash table that finds them.
    pub table: usize,
}

impl Shape {
    /// For chunks of `chunk` agents, of which at least one finds room beside the windows known already.
    pub fn new(model: &Model, chunk: usize) -> Self {
        const KEPT: usize = 1 << 16;
        let rows = (2 * chunk).max(KEPT);
        let params = Params::new(model);
        let (d4, m4) = (model.d_model / 4, model.mlp_ratio * model.d_model / 4);
        let mut shape =
            Self { params, d4, m4, heads: model.heads, chunk, tile: 0, rows, table: (2 * rows).next_power_of_two() };
        let floats = shape.activations().max(shape.gradients().len) * 4 * SLOTS;
        shape.tile = (TILE_BYTES / (4 * floats)).min(chunk).next_multiple_of(LANES);
        shape
    }

    /// Tiles that a chunk of all-distinct windows fills.
    pub fn tiles(&self) -> usize {
        self.chunk.div_ceil(self.tile)
    }

    /// Features / 4 of a token's activations: each layer's input, queries, keys and values (but for layer 0, which has
    /// them in a table), attention and middle; then the last layer's output.
    pub fn activations(&self) -> usize {
        self.x(self.params.layers.len()) + self.d4
    }

    /// Where layer `l`'s attention lies.
    pub fn attention(&self, layer: usize) -> usize {
        6 * self.d4 * layer
    }

    /// Where layer `l`'s middle lies.
    pub fn middle(&self, layer: usize) -> usize {
        self.attention(layer) + self.d4
    }

    /// Where the input of layer `l` lies, which is the output of the one before: none of layer 0.
    pub fn x(&self, layer: usize) -> usize {
        (self.attention(layer) + 2 * self.d4).saturating_sub(6 * self.d4)
    }

    /// Where layer `l`'s queries lie, keys and values following: none of layer 0.
    pub fn qkv(&self, layer: usize) -> usize {
        self.x(layer) + self.d4
    }

    /// Features / 4 of layer 0's table: queries, keys, values and input for each position and colour.
    pub fn embedded(&self) -> usize {
        PAIRS * 4 * self.d4
    }

    /// Features / 4 of a row's gradients: u, du, dp0, dp1, dp2.
    pub fn row_gradients(&self) -> usize {
        2 * self.d4 + PROJECTED
    }

    /// Where each gradient of a token lies.
    pub fn gradients(&self) -> Gradients {
        let d4 = self.d4;
        let dh = 7 * d4 + self.m4;
        let dlogits = dh + self.m4;
        Gradients {
            dx: 0,
            dmid: d4,
            datt: 2 * d4,
            n: 3 * d4,
            dqkv: 4 * d4,
            activated: 7 * d4,
            dh,
            dlogits,
            len: dlogits + COLOURS4,
        }
    }

    /// The largest gradient block, in vec4s, that splits sum apart.
    pub fn largest_partial(&self) -> usize {
        let p = &self.params;
        let blocks = p.layers.iter().flat_map(|l| [l.qkv, l.attention_out, l.mlp_in, l.mlp_out]);
        let linear =
            blocks.chain([p.head, p.critic_project, p.critic_value, p.aggregator]).map(|block| block.len() / 4);
        linear.chain([self.embedded()]).max().unwrap_or(0)
    }

    /// What the WGSL calls these sizes, on this device.
    pub fn constants(&self, gpu: &Gpu) -> Constants {
        let mut constants = Constants::default();
        let (d, m) = (4 * self.d4, 4 * self.m4);
        for (name, value) in [
            ("D", d),
            ("D4", self.d4),
            ("M", m),
            ("M4", self.m4),
            ("HEADS", self.heads),
            ("HEAD_DIM", d / self.heads),
            ("HD4", self.d4 / self.heads),
            ("V", CRITIC_WIDTH),
            ("V4", V4),
            ("CRITIC_FIRST", self.params.critic_project.offset),
            ("CRITIC_END", self.params.aggregator.offset),
            ("COLOURS", COLOURS),
            ("COLOURS4", COLOURS4),
            ("PADDED", PADDED),
            ("SLOTS", SLOTS),
            ("PAIRS", PAIRS),
            ("PROJECTED", PROJECTED),
            ("VOTES", VOTES),
            ("BLOCK_CODES", BLOCK_CODES),
            ("DIRECTIONS", DIRECTIONS),
            ("LANES", LANES),
            ("BAND", BAND),
            ("OVERS", OVERS),
            ("STRETCH", STRETCH),
            ("ALL_ROWS", ALL_ROWS as usize),
            ("TILE", self.tile),
            ("LISTS", LISTS),
            ("PART", PART),
            ("PART_WIDTH", PART_WIDTH),
            ("DRAW_WORDS", DRAW_WORDS),
            ("THREE_VOTES", THREE_VOTES),
            ("TERM_QUADS", TERM_QUADS),
            ("PIXEL_TERMS", Term::ALL.map(|term| usize::from(term.is_of_pixels()) << term as usize).iter().sum()),
            ("UNSEEN", u32::MAX as usize),
            ("SPLITS", SPLITS),
            ("STREAM_PROPOSAL", Stream::Proposal as usize),
            ("STREAM_COLOUR", Stream::Colour as usize),
        ] {
            constants.whole(name, value);
        }
        constants.line(&Hyper::wgsl());
        places::ALL.iter().for_each(|&(name, place)| constants.whole(name, place));
        constants.line(&format!("const NORM_EPS = {NORM_EPS:?};"));
        constants.line(&format!("const CRITIC_RATE = {CRITIC_RATE:?};"));
        constants.line(&format!("const LN_10 = {:?};", std::f32::consts::LN_10));
        let layer = &self.params.layers[0];
        let space = |block: &Block| {
            let fits = 4 * block.len() as u64 <= gpu.limits.max_uniform_buffer_binding_size;
            if fits { "uniform" } else { "storage, read" }
        };
        for (name, block) in [
            ("QKV_WEIGHTS", &layer.qkv),
            ("OUT_WEIGHTS", &layer.attention_out),
            ("MLP_IN_WEIGHTS", &layer.mlp_in),
            ("MLP_OUT_WEIGHTS", &layer.mlp_out),
            ("HEAD_WEIGHTS", &self.params.head),
            ("PROJECT_WEIGHTS", &self.params.critic_project),
            ("VALUE_WEIGHTS", &self.params.critic_value),
        ] {
            constants.whole(name, block.len() / 4);
        }
        constants.space("MLP_IN_SPACE", space(&layer.mlp_in));
        constants.space("MLP_OUT_SPACE", space(&layer.mlp_out));
        constants
    }
}

/// Where features 4 `f` to 4 `f` + 3 of a quantity of `width` features / 4 that begins at `first` lie, for token `k` of a
/// tile's row `s`, in a buffer of `size` = (tokens of the tile, of a row): `place` of `shaders/common/tile.wgsl`.
pub fn place(first: usize, width: usize, (all, tokens): (usize, usize), (k, s): (usize, usize), f: usize) -> usize {
    first * all + ((s / BAND * tokens + k) * width + f) * BAND + s % BAND
}

/// Where each gradient of a token lies, in features / 4.
#[derive(Debug, Clone, Copy)]
pub struct Gradients {
    /// By a layer's output, then by its input.
    pub dx: usize,
    /// By a layer's middle.
    pub dmid: usize,
    /// By the attention's output.
    pub datt: usize,
    /// No gradient: the normed input of the linear layer at hand.
    pub n: usize,
    /// By queries, keys and values.
    pub dqkv: usize,
    /// No gradient: the MLP's hidden units after their activation.
    pub activated: usize,
    /// By the MLP's hidden units before it.
    pub dh: usize,
    /// By the logits.
    pub dlogits: usize,
    /// All together.
    pub len: usize,
}
