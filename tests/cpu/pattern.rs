//! Patterns: pictures by their exact colours, and Golly's text.

use std::fs::{self, File};
use std::path::Path;

use primordia::files::pattern;
use primordia::files::{Colours, FileError};
use primordia::picture::palette::PALETTE;
use primordia::spec::grid::Grid;

use crate::checkpoint::sample;
use crate::clip::noise;

pub fn write_png(path: &Path, height: u32, width: u32, pixels: &[[u8; 3]]) {
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(pixels.as_flattened()).unwrap();
}

fn rle(text: &str) -> Result<Grid, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rle");
    fs::write(&path, text).unwrap();
    pattern::open(&path, Colours::Exact).map_err(|error| error.to_string())
}

#[test]
fn pictures_in_our_colours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture"); // the content says what it is
    let grid = &noise(4, 6, 1)[0];
    let pixels: Vec<[u8; 3]> = grid.cells.iter().map(|&colour| PALETTE[usize::from(colour)]).collect();
    write_png(&path, 4, 6, &pixels);
    assert_eq!(pattern::open(&path, Colours::Exact).unwrap(), *grid);

    let mut foreign = pixels.clone();
    foreign[3] = [0x7F, 0, 0xFE];
    foreign[4] = [0x7F, 0, 0xFE];
    write_png(&path, 4, 6, &foreign);
    let error = pattern::open(&path, Colours::Exact).unwrap_err();
    assert!(matches!(error, FileError::Colours { pixels: 2, of: 24, .. }), "{error}");
    assert!(error.to_string().contains("--nearest"), "{error}");
    assert_eq!(pattern::open(&path, Colours::Nearest).unwrap().cells[3..5], [0, 0]);
}

#[test]
fn pictures_of_impossible_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.png");
    write_png(&path, 1, 1, &[[0; 3]]);
    let good = fs::read(&path).unwrap();
    for side in [0u32, 4097, 100_000, u32::MAX] {
        let mut bytes = good.clone();
        bytes[16..20].copy_from_slice(&side.to_be_bytes());
        bytes[20..24].copy_from_slice(&side.to_be_bytes());
        fs::write(&path, bytes).unwrap();
        let sentence = pattern::open(&path, Colours::Nearest).unwrap_err().to_string();
        assert!(sentence.contains(&format!("is {side}×{side} pixels large")), "{sentence}");
    }
}

#[test]
fn golly_patterns() {
    let glider = rle("#C a comment\r\n#CXRLE Pos=0,0\r\nx = 3, y = 3, rule = B3/S23\r\nbo$2bo$3o!\r\nafter").unwrap();
    assert_eq!((glider.height, glider.width), (3, 3));
    assert_eq!(glider.cells, [0, 1, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(rle("x = 3, y = 3\nbo$2bo\n$3o!").unwrap(), glider, "no rule, and lines broken anywhere");
    assert_eq!(rle("bo$2bo$3o!").unwrap(), glider, "no header");
    let many = rle("x=5,y=4,rule=Generations/10\n.ABC$2.2I$$pA!".replace("pA", "D").as_str()).unwrap();
    assert_eq!(many.cells, [0, 1, 2, 3, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);

    let refused = |text: &str, because: &str| {
        let sentence = rle(text).unwrap_err();
        assert!(sentence.contains(because), "{sentence}");
    };
    refused("x = 1, y = 1\nJ!", "state 10 (`J`)");
    refused("x = 1, y = 1\npA!", "state 25 (`pA`)");
    refused("x = 1, y = 1\nbz!", "`z`");
    refused("x = 3, y = 3\nbo$2bo$3o", "cut short");
    refused("x = 0, y = 0\n!", "0×0");
    refused("x = 100000, y = 100000\n!", "100000×100000");
    refused("99999999999999999999999o!", "cells large");
    refused("9999999999$o!", "cells large");
    refused("x = wide, y = 3\no!", "header");
    refused("", "cut short");
    refused("!", "no cell");
}

#[test]
fn a_checkpoint_is_its_first_world() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    sample().write(&path).unwrap();
    assert_eq!(pattern::open(&path, Colours::Exact).unwrap(), sample().worlds[0]);
}

#[test]
fn other_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.txt");
    fs::write(&path, "bo$2bo$3o!").unwrap();
    assert!(pattern::open(&path, Colours::Exact).unwrap_err().to_string().contains("x.txt` is not a PNG"));
    let missing = pattern::open(&folder.path().join("no.png"), Colours::Exact).unwrap_err().to_string();
    assert!(missing.contains("no.png` cannot be read: it does not exist"), "{missing}");
}
