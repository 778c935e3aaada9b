//! The ten colours on a screen, and which of them another colour is.

use crate::spec::COLOURS;

/// The grid's colours as sRGB: matplotlib's `rainbow` sampled at ten points, as in the source's clips.
pub const PALETTE: [[u8; 3]; COLOURS] = [
    [0x80, 0x00, 0xFF],
    [0x47, 0x57, 0xFB],
    [0x0E, 0xA4, 0xF0],
    [0x2A, 0xDD, 0xDD],
    [0x63, 0xFB, 0xC3],
    [0x9C, 0xFB, 0xA4],
    [0xD4, 0xDD, 0x80],
    [0xFF, 0xA4, 0x57],
    [0xFF, 0x57, 0x2C],
    [0xFF, 0x00, 0x00],
];

/// The colour whose red, green and blue these are.
pub fn exact(rgb: [u8; 3]) -> Option<u8> {
    PALETTE.iter().position(|&colour| colour == rgb).map(|colour| colour as u8)
}

/// The one of some colours that is nearest.
pub fn nearest(rgb: [u8; 3], colours: impl Iterator<Item = u8>) -> Option<u8> {
    let difference = |(a, b): (u8, u8)| (i32::from(a) - i32::from(b)).pow(2);
    let distance = |&colour: &u8| rgb.into_iter().zip(PALETTE[usize::from(colour)]).map(difference).sum::<i32>();
    colours.min_by_key(distance)
}
