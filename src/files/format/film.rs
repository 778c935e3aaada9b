//! What a clip is made of, and how its encoders see it.

use std::io;
use std::ops::ControlFlow;

use super::{Holds, rle};
use crate::files::stamp::{self, Stamp};
use crate::picture::enlarged;
use crate::picture::palette::PALETTE;
use crate::spec::grid::Grid;

/// Time from frame to frame; of those that browsers and viewers keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay(u16);

impl Delay {
    /// 50, 33.3, 25, 20, 10 and 5 frames a second.
    pub const ALL: [Self; 6] = [Self(2), Self(3), Self(4), Self(5), Self(10), Self(20)];
    /// 10 frames a second.
    pub const TENTH: Self = Self(10);

    /// In hundredths of a second.
    pub fn hundredths(self) -> u16 {
        self.0
    }

    /// Frames a second.
    pub fn rate(self) -> f32 {
        100.0 / f32::from(self.0)
    }
}

/// What is to be written.
pub struct Clip<'a> {
    /// The states, all of one size.
    pub states: &'a [Grid],
    /// Pixels of a cell's side.
    pub scale: usize,
    /// Time from frame to frame.
    pub delay: Delay,
    /// Where the first state comes from.
    pub stamp: &'a Stamp,
    /// How a frame is drawn where it shows more than its state: an overlay, a caption.
    pub drawing: Option<Drawing<'a>>,
}

/// Another picture than the state's own cells.
pub struct Drawing<'a> {
    /// Rows and columns of pixels.
    pub size: (usize, usize),
    /// Up to 256 colours.
    pub palette: &'a [[u8; 3]],
    /// The indices of a frame's pixels, row-major; asked for once for each frame, in order. A cell is as large as the
    /// clip's `scale` says.
    pub draw: &'a dyn Fn(usize) -> io::Result<Vec<u8>>,
}

/// Called before each frame with the number of those done and of all; a break ends the writing.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// A clip as its encoders see it: pictures of one size, one after the other.
pub(in crate::files) struct Film<'a> {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// What the pixels are indices of.
    pub palette: &'a [[u8; 3]],
    /// How many pictures.
    pub count: usize,
    /// Time from one to the next.
    pub delay: Delay,
    /// Pixels of a cell's side.
    scale: usize,
    /// Whether the states can be read back from the pictures.
    exact: bool,
    states: &'a [Grid],
    stamp: &'a Stamp,
    drawing: Option<&'a Drawing<'a>>,
    progress: Progress<'a>,
}

impl<'a> Film<'a> {
    /// The film of a clip, or why it has none.
    pub fn new(clip: &'a Clip<'a>, holds: Holds, progress: Progress<'a>) -> Result<Self, String> {
        let Clip { states, delay, stamp, .. } = *clip;
        let Some(Grid { height, width, .. }) = states.first() else {
            return Err("the clip has no frame".to_owned());
        };
        if states.iter().any(|state| (state.height, state.width) != (*height, *width)) {
            return Err("its states have different sizes".to_owned());
        }
        let scale = match holds {
            Holds::States => 1,
            Holds::Pictures => clip.scale.max(1),
            Holds::Blurred => clip.scale.max(1).next_multiple_of(2),
        };
        let drawing = clip.drawing.as_ref().filter(|_| holds != Holds::States);
        let ((height, width), palette) = match drawing {
            None => ((height * scale, width * scale), &PALETTE[..]),
            Some(drawing) if (1..=256).contains(&drawing.palette.len()) => (drawing.size, drawing.palette),
            Some(drawing) => return Err(format!("a picture has 1 to 256 colours, not {}", drawing.palette.len())),
        };
        let (count, exact) = (states.len(), drawing.is_none() && holds != Holds::Blurred);
        Ok(Self { height, width, palette, count, delay, scale, exact, states, stamp, drawing, progress })
    }

    /// Hands each picture's number and pixels to an encoder, as long as nobody cancels.
    pub fn play(&mut self, mut each: impl FnMut(&Self, usize, &[u8]) -> io::Result<()>) -> io::Result<()> {
        for i in 0..self.count {
            if (self.progress)(i, self.count).is_break() {
                return Err(io::Error::other(Cancelled));
            }
            each(self, i, &self.picture(i)?)?;
        }
        Ok(())
    }

    /// What is written about the pictures from one on.
    pub fn text(&self, frame: usize) -> String {
        let start = (!self.exact).then(|| rle::encode(&self.states[frame]));
        stamp::text(self.stamp, self.exact.then_some(self.scale), frame, start)
    }

    fn picture(&self, frame: usize) -> io::Result<Vec<u8>> {
        let Some(drawing) = self.drawing else { return Ok(enlarged(&self.states[frame], self.scale)) };
        let mut pixels = (drawing.draw)(frame)?;
        // A picture of another size would make a file that no viewer reads.
        pixels.resize(self.height * self.width, 0);
        Ok(pixels)
    }
}

/// Why a writing broke off when somebody wanted it to.
#[derive(Debug, thiserror::Error)]
#[error("it was cancelled")]
pub(in crate::files) struct Cancelled;
