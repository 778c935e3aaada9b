//! A line of text under the frames of a clip, in a font of 8×8 pixels.

use font8x8::legacy::BASIC_LEGACY;

use super::palette::PALETTE;
use crate::spec::COLOURS;

/// Pixels of a letter's side.
const LETTER: usize = 8;
/// Pixels around the text.
const MARGIN: usize = 3;
const GROUND: u8 = COLOURS as u8;
const INK: u8 = GROUND + 1;

/// The palette, then the text's ground and ink.
pub const CAPTIONED: [[u8; 3]; COLOURS + 2] = {
    let mut colours = [[16, 18, 22]; COLOURS + 2];
    let mut i = 0;
    while i < COLOURS {
        colours[i] = PALETTE[i];
        i += 1;
    }
    colours[COLOURS + 1] = [230, 232, 236];
    colours
};

/// Rows and columns of pixels of a frame of this many cells, with as many lines of text as it takes.
pub fn size((height, width): (usize, usize), scale: usize, longest: &str) -> (usize, usize) {
    let lines = wrap(longest, width * scale).len();
    (height * scale + 2 * MARGIN + lines * (LETTER + 2), width * scale)
}

/// A frame's pixels with the text below them, in a frame of this size.
pub fn below(mut pixels: Vec<u8>, text: &str, (height, width): (usize, usize)) -> Vec<u8> {
    let first = pixels.len() / width;
    pixels.resize(height * width, GROUND);
    for (line, words) in wrap(text, width).iter().enumerate() {
        let top = first + MARGIN + line * (LETTER + 2) + 1;
        for (i, letter) in words.chars().enumerate() {
            let shape = BASIC_LEGACY.get(letter as usize).copied().unwrap_or_default();
            for (y, bits) in shape.iter().enumerate() {
                for x in 0..LETTER {
                    let (row, column) = (top + y, MARGIN + i * LETTER + x);
                    if bits >> x & 1 == 1 && row < height && column < width {
                        pixels[row * width + column] = INK;
                    }
                }
            }
        }
    }
    pixels
}

/// The text in lines that fit a width in pixels, broken between words.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let fits = (width.saturating_sub(2 * MARGIN) / LETTER).max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split("  ") {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + word.len() <= fits => {
                line.push_str("  ");
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::enlarged;
    use crate::spec::grid::Grid;

    #[test]
    fn cells_stay_and_text_stands_below_them() {
        let state = Grid { height: 3, width: 20, cells: (0..60).map(|cell| cell % 10).collect() };
        let text = "update 7  step 12";
        let size = size((3, 20), 8, text);
        assert_eq!(size, (24 + 6 + 10, 160));
        let pixels = below(enlarged(&state, 8), text, size);
        assert_eq!(pixels.len(), size.0 * size.1);
        for (i, &pixel) in pixels[..24 * 160].iter().enumerate() {
            assert_eq!(pixel, state.at(i / 160 / 8, i % 160 / 8));
        }
        let ink = pixels[24 * 160..].iter().filter(|&&pixel| pixel == INK).count();
        assert!(ink > 100 && pixels[24 * 160..].iter().all(|&pixel| pixel >= GROUND), "{ink}");
        assert_ne!(below(enlarged(&state, 8), "update 8  step 12", size), pixels);
    }

    #[test]
    fn narrow_frames_get_more_lines() {
        assert_eq!(wrap("update 7  step 12  seed 0", 100), ["update 7", "step 12", "seed 0"]);
        assert_eq!(wrap("update 7  step 12  seed 0", 1000).len(), 1);
    }
}
