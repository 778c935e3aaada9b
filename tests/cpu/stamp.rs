//! Stamps: written with every clip, and read back from each format; what a cancelled or failing clip leaves.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use primordia::files::FileError;
use primordia::files::clip::{Clip, Delay, Drawing, Format, Holds, read_clip, read_stamp, write_clip};
use primordia::files::stamp::{Stamp, VERSION, fingerprint};
use primordia::spec::config::{Config, Start};
use primordia::spec::grid::Grid;

use crate::clip::noise;

/// A stamp of distinct numbers.
pub fn stamp() -> Stamp {
    let mut config = Config::default();
    config.ppo.gamma = 0.75;
    config.world.start = Start::Picture("ein \"Bild\" — größer; #1 = \\\n.png".to_owned());
    Stamp {
        version: VERSION.to_owned(),
        seed: 4_000_000_000,
        step: 1234,
        greedy: true,
        update: 56,
        checkpoint: fingerprint(&[0.5, -1.25]),
        config,
    }
}

fn write(path: &Path, format: &Format, states: &[Grid], drawing: Option<Drawing>) -> Result<(), FileError> {
    let clip = Clip { states, scale: 3, delay: Delay::ALL[1], stamp: &stamp(), drawing };
    write_clip(path, format, &clip, &mut |_, _| ControlFlow::Continue(()))
}

/// Draws every frame in colours of its own, with a line of another below.
fn drawn<'a>(palette: &'a [[u8; 3]], draw: &'a dyn Fn(usize) -> io::Result<Vec<u8>>) -> Option<Drawing<'a>> {
    Some(Drawing { size: (7, 5), palette, draw })
}

/// The formats that can be written here.
fn formats() -> impl Iterator<Item = &'static Format> {
    Format::of_clips().filter(|format| format.missing().is_none())
}

/// The format of a clip of this name.
fn named(name: &str) -> &'static Format {
    Format::of_clip(name.as_ref()).unwrap()
}

#[test]
fn every_format_gives_its_stamp_and_first_state_back() {
    let folder = tempfile::tempdir().unwrap();
    // A large state's text is longer than a command line.
    for (name, states) in [("small", noise(6, 5, 3)), ("large", noise(500, 400, 2))] {
        for format in formats() {
            let path = folder.path().join(name).with_extension(format.extension());
            write(&path, format, &states, None).unwrap();
            if format.extension().is_empty() {
                for (i, state) in states.iter().enumerate() {
                    let expected = (Stamp { step: 1234 + i as u32, ..stamp() }, state.clone());
                    assert!(read_stamp(&path.join(format!("{i}.png"))).unwrap() == Some(expected), "{i}");
                }
            }
            assert!(read_stamp(&path).unwrap() == Some((stamp(), states[0].clone())), "{}", format.a);
        }
    }
}

#[test]
fn drawn_clips_keep_the_state_below_the_drawing() {
    let folder = tempfile::tempdir().unwrap();
    let states = noise(6, 5, 3);
    let greys: Vec<[u8; 3]> = (0..=255).map(|grey| [grey; 3]).collect();
    let draw = |frame: usize| Ok((0..35).map(|i| (i * 7 + frame) as u8).collect());
    for format in formats() {
        let path = folder.path().join("x").with_extension(format.extension());
        write(&path, format, &states, drawn(&greys, &draw)).unwrap();
        assert_eq!(read_stamp(&path).unwrap(), Some((stamp(), states[0].clone())), "{}", format.a);
        if format.holds == Holds::States {
            assert_eq!(read_clip(&path).unwrap(), states, "an array has the states");
        }
    }
    assert_eq!(gif_frames(&folder.path().join("x.gif")), (0..3).map(|frame| draw(frame).unwrap()).collect::<Vec<_>>());
}

#[test]
fn frames_of_a_gif_hold_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gif");
    let mut states = vec![Grid::filled(6, 5, 4); 4];
    states[2].cells[7] = 1;
    states[3].cells[7] = 1;
    states[3].cells[29] = 2;
    write(&path, named("x.gif"), &states, None).unwrap();
    assert_eq!(read_clip(&path).unwrap(), states);
    let mut decoder = gif::Decoder::new(fs::File::open(&path).unwrap()).unwrap();
    let mut rectangles = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        rectangles.push((frame.top, frame.left, frame.height, frame.width, frame.delay));
    }
    assert_eq!(rectangles, [(0, 0, 18, 15, 3), (0, 0, 1, 1, 3), (3, 6, 3, 3, 3), (15, 12, 3, 3, 3)]);
}

/// The indices that each frame of a GIF of ours shows.
fn gif_frames(path: &Path) -> Vec<Vec<u8>> {
    let mut decoder = gif::Decoder::new(fs::File::open(path).unwrap()).unwrap();
    let width = usize::from(decoder.width());
    let mut shown = vec![0; width * usize::from(decoder.height())];
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let (top, left) = (usize::from(frame.top), usize::from(frame.left));
        for (row, part) in frame.buffer.chunks_exact(frame.width.into()).enumerate() {
            shown[(top + row) * width + left..][..part.len()].copy_from_slice(part);
        }
        frames.push(shown.clone());
    }
    frames
}

#[test]
fn whoever_cancels_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let states = noise(6, 5, 4);
    for format in formats() {
        for last in 0..4 {
            let path = folder.path().join("x").with_extension(format.extension());
            let clip = Clip { states: &states, scale: 2, delay: Delay::TENTH, stamp: &stamp(), drawing: None };
            let mut calls = Vec::new();
            let error = write_clip(&path, format, &clip, &mut |done, of| {
                calls.push((done, of));
                if done == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap_err();
            assert!(matches!(error, FileError::Cancelled { .. }), "{error:?}");
            assert_eq!(calls, (0..=last).map(|done| (done, 4)).collect::<Vec<_>>());
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{}", format.a);
        }
    }
}

#[test]
fn clips_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, format, states: &[Grid], because: &str| {
        let sentence = write(&folder.path().join(name), format, states, None).unwrap_err().to_string();
        assert!(sentence.contains(name) && sentence.contains(because), "{sentence}");
    };
    let states = noise(6, 5, 2);
    refused("x.gif", named("x.gif"), &[], "the clip has no frame");
    refused("x.gif", named("x.gif"), &[states[0].clone(), Grid::filled(5, 6, 0)], "different sizes");
    refused("no/x.gif", named("x.gif"), &states, "does not exist");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::create_dir(folder.path().join("there")).unwrap();
    fs::write(folder.path().join("there/kept"), "").unwrap();
    refused("there", named("x"), &states, "has that name already");
    refused("there", named("x.gif"), &states, "not a file");
    assert!(folder.path().join("there/kept").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn files_without_a_stamp_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["post-clip-1.gif", "post-clip-1.npy", "golly/glider.rle"] {
        assert_eq!(read_stamp(&data.join(name)).unwrap(), None, "{name}");
    }
    assert_eq!(read_stamp(folder.path()).unwrap(), None, "an empty folder");
    // The comment of the first version, which named the cells' side alone.
    let path = folder.path().join("x.gif");
    let mut encoder = gif::Encoder::new(fs::File::create(&path).unwrap(), 12, 12, &[1, 2, 3, 4, 5, 6]).unwrap();
    encoder.write_raw_extension(gif::Extension::Comment.into(), &[b"primordia cell=2"]).unwrap();
    encoder
        .write_frame(&gif::Frame { width: 12, height: 12, buffer: vec![1; 144].into(), ..Default::default() })
        .unwrap();
    drop(encoder);
    assert_eq!(read_stamp(&path).unwrap(), None);
    assert_eq!((read_clip(&path).unwrap()[0].height, read_clip(&path).unwrap()[0].width), (6, 6));
}

#[test]
fn a_damaged_stamp_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.apng");
    write(&path, named("x.apng"), &noise(6, 5, 1), None).unwrap();
    let whole = fs::read(&path).unwrap();
    for (from, to) in [("gamma:0.75", "gamma:9.75"), ("update:56", "update:-6")] {
        let at = whole.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        fs::write(&path, [&whole[..at], to.as_bytes(), &whole[at + to.len()..]].concat()).unwrap();
        let sentence = read_stamp(&path).unwrap_err().to_string();
        assert!(sentence.contains("x.apng` has a stamp that cannot be read"), "{sentence}");
    }
}

#[test]
fn a_fingerprint_is_of_the_numbers() {
    // FNV-1a of no byte, and of four zeros.
    assert_eq!(fingerprint(&[]), "cbf29ce484222325");
    assert_eq!(fingerprint(&[0.0]), "4d25767f9dce13f5");
    assert_ne!(fingerprint(&[1.0, 2.0]), fingerprint(&[2.0, 1.0]));
}
