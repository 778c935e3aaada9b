//! The colours that the window draws the ten states in. Files keep the palette whatever is chosen here.

use bevy_egui::egui::{Color32, Context, Id};
use serde::{Deserialize, Serialize};

use crate::picture::palette::PALETTE;
use crate::spec::COLOURS;

/// Paul Tol's "muted" scheme, which most people with a colour vision deficiency can tell apart, dark first.
const SAFE: [[u8; 3]; COLOURS] = [
    [0x33, 0x22, 0x88],
    [0x88, 0x22, 0x55],
    [0x11, 0x77, 0x33],
    [0xAA, 0x44, 0x99],
    [0xCC, 0x66, 0x77],
    [0x99, 0x99, 0x33],
    [0x44, 0xAA, 0x99],
    [0x88, 0xCC, 0xEE],
    [0xDD, 0xCC, 0x77],
    [0xDD, 0xDD, 0xDD],
];

/// A colour for each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ColourMap {
    /// The palette.
    #[default]
    Rainbow,
    /// Ten that can be told apart without full colour vision.
    Safe,
    /// From black to white.
    Greys,
}

impl ColourMap {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rainbow, Self::Safe, Self::Greys];

    /// The one that a window draws in.
    pub fn of(ctx: &Context) -> Self {
        ctx.data(|data| data.get_temp(Id::NULL)).unwrap_or_default()
    }

    /// Has a window draw in it.
    pub fn choose(self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(Id::NULL, self));
    }

    /// As menus write it, and what it is for.
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Rainbow => ("Rainbow", "The palette that files have."),
            Self::Safe => ("Safe", "Ten colours that can be told apart without full colour vision."),
            Self::Greys => ("Greys", "From black to white."),
        }
    }

    /// The colour of a state.
    pub fn colour(self, state: usize) -> Color32 {
        let state = state % COLOURS;
        let [r, g, b] = match self {
            Self::Rainbow => PALETTE[state],
            Self::Safe => SAFE[state],
            Self::Greys => [(state * 255 / (COLOURS - 1)) as u8; 3],
        };
        Color32::from_rgb(r, g, b)
    }

    /// All ten.
    pub fn table(self) -> [Color32; COLOURS] {
        std::array::from_fn(|state| self.colour(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_has_ten_different_colours() {
        for map in ColourMap::ALL {
            let table = map.table();
            assert!((0..COLOURS).all(|i| (0..i).all(|j| table[i] != table[j])), "{map:?}");
        }
    }
}
