//! Clips: lossless round trips, the source's clip in both formats, and frames as other programs write them.

use std::borrow::Cow;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::Path;

use gif::{DisposalMethod, Encoder, Frame};
use primordia::files::clip::{Clip, Delay, format_of, read_clip, write_clip};
use primordia::picture::palette::PALETTE;
use primordia::spec::config::Start;
use primordia::spec::grid::Grid;
use primordia::spec::start::start_state;

use crate::stamp::stamp;

pub fn noise(height: usize, width: usize, count: u32) -> Vec<Grid> {
    (0..count).map(|i| start_state(&Start::Random, height, width, 1, i, 0).unwrap()).collect()
}

/// Writes a clip under the name that its format wants.
pub fn write(path: &Path, states: &[Grid], scale: usize) {
    let clip = Clip { states, scale, delay: Delay::TENTH, stamp: &stamp(), drawing: None };
    let format = format_of(path).unwrap();
    write_clip(path, format, &clip, &mut |_, _| ControlFlow::Continue(())).unwrap();
}

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn the_sources_clip_is_the_same_in_both_formats() {
    let (gif, npy) = (read_clip(&data("post-clip-1.gif")).unwrap(), read_clip(&data("post-clip-1.npy")).unwrap());
    assert_eq!((gif.len(), gif[0].height, gif[0].width), (50, 20, 20));
    assert!(gif == npy);
}

#[test]
fn round_trips() {
    let folder = tempfile::tempdir().unwrap();
    for (height, width, side) in [(3, 3, 1), (5, 9, 7), (12, 4, 1), (17, 30, 16)] {
        for (i, states) in [noise(height, width, 4), vec![Grid::filled(height, width, 7); 2]].iter().enumerate() {
            for name in ["x.gif", "x.apng", "x.png", "x.npy", &format!("{height}-{side}-{i}")] {
                let path = folder.path().join(name);
                write(&path, states, side);
                assert_eq!(read_clip(&path).unwrap(), *states, "{name}");
            }
        }
    }
}

/// Writes frames on a 6×6 canvas.
fn foreign_gif(path: &Path, palette: &[u8], frames: Vec<Frame<'static>>) {
    let mut encoder = Encoder::new(File::create(path).unwrap(), 6, 6, palette).unwrap();
    for frame in frames {
        encoder.write_frame(&frame).unwrap();
    }
}

fn part(rectangle: [u16; 4], dispose: DisposalMethod, transparent: Option<u8>, pixels: Vec<u8>) -> Frame<'static> {
    let [left, top, width, height] = rectangle;
    Frame { left, top, width, height, dispose, transparent, buffer: Cow::Owned(pixels), ..Frame::default() }
}

#[test]
fn partial_frames_are_laid_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gif");
    let ground: Vec<u8> = (0..36).map(|i| (i % 7) as u8).collect();
    let frames = vec![
        part([0, 0, 6, 6], DisposalMethod::Keep, None, ground.clone()),
        part([1, 2, 2, 1], DisposalMethod::Previous, Some(9), vec![8, 9]),
        part([4, 5, 2, 1], DisposalMethod::Background, None, vec![8, 8]),
        part([0, 0, 1, 1], DisposalMethod::Keep, None, vec![5]),
    ];
    foreign_gif(&path, PALETTE.as_flattened(), frames);
    let states = read_clip(&path).unwrap();
    let with = |changes: &[(usize, u8)]| {
        let mut cells = ground.clone();
        changes.iter().for_each(|&(at, colour)| cells[at] = colour);
        cells
    };
    assert_eq!(states[0].cells, ground);
    assert_eq!(states[1].cells, with(&[(13, 8)]), "a transparent pixel shows what is under it");
    assert_eq!(states[2].cells, with(&[(34, 8), (35, 8)]), "the frame before took itself back");
    assert_eq!(states[3].cells, with(&[(34, 0), (35, 0), (0, 5)]), "the frame before cleared its place");
}

#[test]
fn ten_foreign_colours_stay_ten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gif");
    let greys: Vec<u8> = (0..11u8).flat_map(|i| [i * 20; 3]).collect();
    let cells = |colours: u8| (0..36).map(|i| i % colours).collect::<Vec<u8>>();
    foreign_gif(&path, &greys, vec![part([0, 0, 6, 6], DisposalMethod::Keep, None, cells(10))]);
    let state = &read_clip(&path).unwrap()[0];
    assert_eq!(state.histogram().iter().filter(|&&share| share > 0.0).count(), 10);
    assert!((0..36).all(|i| (0..36).all(|j| (i % 10 == j % 10) == (state.cells[i] == state.cells[j]))));

    foreign_gif(&path, &greys, vec![part([0, 0, 6, 6], DisposalMethod::Keep, None, cells(11))]);
    assert!(read_clip(&path).unwrap_err().to_string().contains("has 11 colours"));
}

#[test]
fn a_clip_cut_short_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.gif", "x.npy", "x.apng"] {
        let path = folder.path().join(name);
        let states = noise(6, 5, 3);
        write(&path, &states, 2);
        let whole = fs::read(&path).unwrap();
        // An APNG is whole before its last chunk, which is twelve bytes long and says nothing.
        for length in 0..whole.len() - if name == "x.apng" { 12 } else { 0 } {
            fs::write(&path, &whole[..length]).unwrap();
            let sentence = read_clip(&path).unwrap_err().to_string();
            assert!(sentence.contains(name), "{sentence}");
        }
    }
}

#[test]
fn arrays_of_other_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let array = |header: &str, data: &[u8]| {
        let length = (header.len() as u16).to_le_bytes();
        fs::write(&path, [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()).unwrap();
        read_clip(&path).map_err(|error| error.to_string())
    };
    let header =
        |descr: &str, shape: &str| format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let wide: Vec<u8> = (0..9i64).flat_map(i64::to_le_bytes).collect();
    assert_eq!(array(&header("<i8", "(3, 3)"), &wide).unwrap()[0].cells, (0..9).collect::<Vec<u8>>());
    let big: Vec<u8> = (0..9u16).flat_map(u16::to_be_bytes).collect();
    assert_eq!(array(&header(">u2", "(1, 3, 3)"), &big).unwrap()[0].cells, (0..9).collect::<Vec<u8>>());
    assert!(array(&header("<f4", "(3, 3)"), &[0; 36]).unwrap_err().contains("save colours as uint8"));
    assert!(array(&header("|u1", "(3, 3)"), &[10; 9]).unwrap_err().contains("a colour is 0 to 9"));
    assert!(array(&header("|i1", "(3, 3)"), &[0xFF; 9]).unwrap_err().contains("a colour is 0 to 9"));
    assert!(array(&header("|u1", "(0, 0)"), &[]).unwrap_err().contains("0×0"));
    assert!(array(&header("|u1", "(100000, 100000)"), &[]).unwrap_err().contains("a side has from 1 to 4096 cells"));
    assert!(array(&header("|u1", "(9,)"), &[0; 9]).unwrap_err().contains("shape"));
    assert!(array(&header("|u1", "(3, 3)").replace("False", "True"), &[0; 9]).unwrap_err().contains("C order"));
}
