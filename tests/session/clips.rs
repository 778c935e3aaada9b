//! What is written of a stage, and what comes back from it.

use super::*;
use primordia::canvas::Area;
use primordia::files::clip::{Delay, Format, read_clip};
use primordia::picture::palette::PALETTE;
use primordia::picture::scale::laid;

#[test]
fn a_recording_holds_exactly_what_was_shown_and_brings_it_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, first) = resting();
    session.send(ToStage::Record(true));
    picture(&session, |picture| picture.record.recorded == Some(1));
    let shown: Vec<Grid> =
        std::iter::once(first.grid.clone()).chain((0..4).map(|_| stepped(&mut session, 1).grid)).collect();
    let order = |name: &str, frames| ClipOrder {
        path: folder.path().join("clips").join(name),
        format: Format::of_clip(name.as_ref()).expect("a GIF is one"),
        frames,
        area: None,
        scale: 3,
        delay: Delay::TENTH,
        overlay: None,
        caption: false,
    };
    let written = |event: &Event| match event {
        Event::ClipWritten { path, frames } => Some((path.clone(), *frames)),
        Event::ClipFailed(text) => panic!("{text}"),
        _ => None,
    };
    session.send(ToStage::Clip(Box::new(order("recorded.gif", Frames::Recorded))));
    let (path, frames) = wait(&mut session, written);
    assert_eq!((frames, read_clip(&path).expect("it can be read")), (5, shown.clone()));
    picture(&session, |picture| picture.record.recorded.is_none());

    let area = Area { top: 1, left: 2, height: 3, width: 4 };
    session.send(ToStage::Clip(Box::new(ClipOrder { area: Some(area), ..order("part.gif", Frames::Last(2)) })));
    let (part, _) = wait(&mut session, written);
    let parts: Vec<Grid> = shown[3..].iter().map(|grid| area.cut(grid)).collect();
    assert_eq!(read_clip(&part).expect("it can be read"), parts);
    session.send(ToStage::Clip(Box::new(ClipOrder { caption: true, ..order("captioned.gif", Frames::Last(3)) })));
    assert_eq!(wait(&mut session, written).1, 3);

    // The clip's first state, seed and step have the same future.
    session.send(ToStage::Noise(12, 12));
    picture(&session, |picture| picture.grid.height == 12);
    session.send(ToFiles::Open(path));
    let back = picture(&session, |picture| picture.grid == first.grid);
    assert_eq!((back.step, back.seed), (first.step, first.seed));
    assert_eq!(stepped(&mut session, 4).grid, shown[4]);
}

/// Red, green and blue of each pixel of a PNG.
fn pixels(path: &Path) -> (usize, Vec<[u8; 3]>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("it was written"));
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("it is a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("it is small")];
    reader.next_frame(&mut bytes).expect("it is whole");
    (reader.info().width as usize, bytes.as_chunks().0.to_vec())
}

#[test]
fn a_clip_shows_the_overlay_that_the_window_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut session, _) = resting();
    for (i, overlay) in [Overlay::Field(Field::ColourEntropy), Overlay::Activity].into_iter().enumerate() {
        session.send(ToStage::Look(vec![Query::Overlay(overlay)]));
        answer(|| session.latest::<Overlaid>().filter(|found| found.overlay == overlay));
        let shown = stepped(&mut session, 5);
        // What comes now is of this state.
        std::thread::sleep(Duration::from_millis(1500));
        session.latest::<Overlaid>();
        session.send(ToStage::Look(vec![Query::Overlay(overlay)]));
        let map = answer(|| session.latest::<Overlaid>()).map.expect("it can be shown").values;

        let path = folder.path().join(format!("clip-{i}"));
        session.send(ToStage::Clip(Box::new(ClipOrder {
            path: path.clone(),
            format: Format::of_clip(&path).expect("a folder of PNGs is one"),
            frames: Frames::Last(4),
            area: None,
            scale: 10,
            delay: Delay::TENTH,
            overlay: Some(overlay),
            caption: i == 1,
        })));
        let frames = wait(&mut session, |event| match event {
            Event::ClipWritten { frames, .. } => Some(*frames),
            Event::ClipFailed(text) => panic!("{text}"),
            _ => None,
        });
        assert_eq!(frames, 4);
        let (width, seen) = pixels(&path.join("3.png"));
        assert_eq!((width, seen.len() > 90 * 70), (90, i == 1), "a caption takes a line of its own");
        assert!(map.iter().any(|&value| value > 0.0));
        for (cell, (&value, &colour)) in map.iter().zip(&shown.grid.cells).enumerate() {
            let over = overlay.scale().colour(value);
            let meant = laid(over, PALETTE[usize::from(colour)]);
            let at = (cell / 9 * 10 + 5) * 90 + cell % 9 * 10 + 5;
            assert!((0..3).all(|i| seen[at][i].abs_diff(meant[i]) <= 8), "{:?} is not {meant:?} at {cell}", seen[at]);
        }
    }
}

#[test]
fn a_part_of_the_stage_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut session = session(None);
    let path = folder.path().join("new").join("part.png");
    session.send(ToStage::Play(false));
    session.send(ToStage::SetStage(Box::new(Grid::filled(6, 6, 3))));
    session.send(ToStage::Export(path.clone(), Some(Area { top: 1, left: 1, height: 2, width: 3 })));
    wait(&mut session, |event| matches!(event, Event::Exported(written) if *written == path).then_some(()));
    assert_eq!(pattern::open(&path, Colours::Exact).expect("it was written"), Grid::filled(2, 3, 3));
}
