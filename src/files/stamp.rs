//! Stamps: what a clip says of its origin, in its format's own metadata.
//!
//! A stamp is one line of RON after the word `primordia`: a comment of a GIF, an iTXt chunk of every PNG and of an APNG,
//! the comment of an MP4, and a comment after the dictionary in an NPY's header. Where the pictures are not the states
//! themselves, the first state is in the stamp, as Golly's text.

use serde::{Deserialize, Serialize};

use crate::spec::config::Config;
use crate::spec::settings;

/// This version of Primordia.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Begins a stamp.
pub(super) const WORD: &str = "primordia";

/// What the future of a clip's first state depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// The version of Primordia that wrote the clip.
    pub version: String,
    /// The stage's seed.
    pub seed: u32,
    /// Steps that the stage had taken when it was in the first state.
    pub step: u32,
    /// Whether the likeliest colours were taken instead of drawn ones.
    pub greedy: bool,
    /// The update that left the parameters.
    pub update: u32,
    /// The parameters' [`fingerprint`].
    pub checkpoint: String,
    /// The configuration in force.
    pub config: Config,
}

/// A stamp's text, with what one needs to take the pictures apart.
#[derive(Serialize, Deserialize)]
struct Text {
    /// Pixels of a cell's side; 0 where the pictures show more than the states.
    cell: usize,
    /// The first state, where the pictures are not the states.
    start: Option<String>,
    stamp: Stamp,
}

/// A label of parameters: the same for the same numbers, and hardly ever for others.
pub fn fingerprint(params: &[f32]) -> String {
    // FNV-1a: short, and the same on every machine. It protects from mistakes, not from forgers.
    let bytes = params.iter().flat_map(|value| value.to_le_bytes());
    let hash = bytes
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    format!("{hash:016x}")
}

/// The stamp that a text is, and the first state as Golly's text where the pictures do not show it; none where the text
/// is not one of ours.
pub(super) fn parse(text: &str) -> Result<Option<(Stamp, Option<String>)>, String> {
    let Some(ron) = text.strip_prefix(WORD).and_then(|text| text.trim_start().strip_prefix('(')) else {
        return Ok(None);
    };
    let Text { start, stamp, .. } = settings::ron_options()
        .from_str(&format!("({ron}"))
        .map_err(|error: ron::error::SpannedError| error.code.to_string())?;
    settings::validate(&stamp.config).map_err(|error| error.to_string())?;
    Ok(Some((stamp, start)))
}

/// What is written with pictures of frame `frame`: each cell `cell` pixels wide, or of another kind.
pub(super) fn text(stamp: &Stamp, cell: Option<usize>, frame: usize, start: Option<String>) -> String {
    let stamp = Stamp { step: stamp.step.wrapping_add(frame as u32), ..stamp.clone() };
    let text = Text { cell: cell.unwrap_or(0), start, stamp };
    let ron = settings::ron_options().to_string(&text).expect("a stamp is plain data");
    format!("{WORD} {ron}")
}

/// Pixels of a cell's side as a clip's text says, which may be of the first version: `primordia cell=SIDE`.
pub(super) fn cell(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(WORD)?.trim_start();
    let digits = rest.strip_prefix("cell=").or_else(|| rest.strip_prefix("(cell:"))?;
    let digits = digits.split_once(',').map_or(digits, |(digits, _)| digits);
    digits.parse().ok().filter(|&side| side > 0)
}
