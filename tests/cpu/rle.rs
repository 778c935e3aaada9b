//! Golly's text: its dialects in the wild, and the round trip of ours.

use std::fs;
use std::path::Path;

use primordia::files::clip::read_clip;
use primordia::files::pattern::{self, TWO_STATES};
use primordia::files::{Colours, FileError};
use primordia::spec::grid::Grid;

use crate::clip::noise;

fn read(text: &str) -> Grid {
    pattern::read_text(text, TWO_STATES).unwrap()
}

#[test]
fn the_wilds_dialects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golly");
    let mut gliders = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let grid = pattern::open(&path, Colours::Exact).unwrap();
        if path.file_name().unwrap().to_string_lossy().starts_with("glider") {
            assert_eq!((grid.height, grid.width), (3, 3), "{}", path.display());
            assert_eq!(grid.cells, [0, 1, 0, 0, 0, 1, 1, 1, 1], "{}", path.display());
            gliders += 1;
        }
    }
    assert_eq!(gliders, 8);
    let long = pattern::open(&folder.join("long-line.rle"), Colours::Exact).unwrap();
    assert_eq!((long.height, long.width), (300, 200));
    assert!(long.cells.iter().enumerate().all(|(i, &colour)| usize::from(colour) == 1 - i % 2));
}

#[test]
fn two_states_have_the_colours_of_choice() {
    let glider = "x = 4, y = 3, rule = B3/S23\nbo$2bo$3o!";
    let grid = pattern::read_text(glider, (7, 2)).unwrap();
    assert_eq!(grid.cells, [7, 2, 7, 7, 7, 7, 2, 7, 2, 2, 2, 7]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rle");
    fs::write(&path, glider).unwrap();
    assert_eq!(pattern::open_as(&path, Colours::Exact, (7, 2)).unwrap(), grid);
    let many = "x = 3, y = 1, rule = WireWorld\n.AB!";
    assert_eq!(pattern::read_text(many, (7, 2)).unwrap().cells, [0, 1, 2], "more states keep their own");
    assert_eq!(pattern::read_text(&pattern::to_text(&Grid::filled(3, 3, 0)), (7, 2)).unwrap().cells, [0; 9]);
}

#[test]
fn text_that_is_no_pattern_is_refused_without_a_path() {
    let refused = |text: &str, because: &str| {
        let error = pattern::read_text(text, TWO_STATES).unwrap_err();
        assert!(matches!(error, FileError::Text { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("the text {because}"));
    };
    refused("https://example.org", "holds `h`, which is no cell of a pattern");
    refused("x = 1, y = 1\nJ!", "has a cell in state 10 (`J`); states 0 to 9 are the ten colours");
    refused("x = 1, y = 1\npA!", "has a cell in state 25 (`pA`); states 0 to 9 are the ten colours");
    refused("", "is cut short: a pattern ends with `!`");
}

#[test]
fn what_is_written_reads_back() {
    let mut grids: Vec<Grid> = (0..40).flat_map(|i| noise(1 + i * 7 % 23, 1 + i * 5 % 31, 1)).collect();
    grids.extend([noise(1, 1000, 1), noise(1000, 1, 1), noise(1024, 1024, 1)].into_iter().flatten());
    grids.extend([(3, 3), (1, 9), (9, 1), (1024, 1024)].map(|(height, width)| Grid::filled(height, width, 0)));
    grids.extend([Grid::filled(1024, 1024, 9), Grid::filled(1, 1, 5)]);
    // Mostly ground: empty rows within, before and after.
    for i in 0..20 {
        let mut sparse = Grid::filled(40, 50, 0);
        for step in 1..4 {
            sparse.cells[(i * 97 + step * 613) % 2000] = 1 + (i % 9) as u8;
        }
        grids.push(sparse);
    }
    for grid in &grids {
        let text = pattern::to_text(grid);
        assert!(read(&text) == *grid, "{}×{}", grid.height, grid.width);
        assert!(text.lines().all(|line| line.len() <= 70), "{text}");
        assert!(text.starts_with(&format!("x = {}, y = {}, rule = ", grid.width, grid.height)), "{text}");
    }
}

#[test]
fn runs_are_as_short_as_golly_writes_them() {
    let mut grid = Grid::filled(6, 5, 0);
    grid.cells[1..3].fill(1);
    grid.cells[15..19].copy_from_slice(&[0, 9, 9, 2]);
    assert_eq!(pattern::to_text(&grid), "x = 5, y = 6, rule = /2/10\n.2A3$.2IB!\n");
    assert_eq!(pattern::to_text(&Grid::filled(2, 3, 0)), "x = 3, y = 2, rule = /2/10\n!\n");
}

#[test]
fn patterns_are_written_as_their_names_end() {
    let folder = tempfile::tempdir().unwrap();
    for grid in [noise(5, 9, 1), noise(1, 4, 1), noise(300, 200, 1)].iter().flatten() {
        for name in ["x.rle", "x.PNG", "x.npy"] {
            let path = folder.path().join(name);
            pattern::write_pattern(&path, grid).unwrap();
            assert_eq!(pattern::open(&path, Colours::Exact).unwrap(), *grid, "{name}");
        }
    }
    let error = pattern::write_pattern(&folder.path().join("x.bmp"), &Grid::filled(3, 3, 0)).unwrap_err().to_string();
    assert!(error.contains("x.bmp` is to be a pattern; end its name in .png, .npy or .rle"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn every_frame_of_a_file_and_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let states = noise(5, 4, 3);
    for name in ["x.gif", "x.apng", "x.npy", "x"] {
        let path = folder.path().join(name);
        crate::clip::write(&path, &states, 4);
        assert_eq!(read_clip(&path).unwrap(), states, "{name}");
        assert_eq!(pattern::open(&path, Colours::Exact).unwrap(), states[0], "{name}");
    }
}

#[test]
fn a_folder_of_pictures_in_the_order_of_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let empty = pattern::folder(folder.path(), 4, 4).unwrap_err().to_string();
    assert!(empty.contains("holds no pattern"), "{empty}");
    pattern::write_pattern(&at("b.png"), &Grid::filled(2, 2, 3)).unwrap();
    pattern::write_pattern(&at("a.rle"), &Grid::filled(9, 9, 4)).unwrap();
    pattern::write_pattern(&at("c.npy"), &Grid::filled(4, 4, 5)).unwrap();
    crate::clip::write(&at("d.gif"), &[Grid::filled(4, 4, 6), Grid::filled(4, 4, 7)], 2);
    fs::write(at(".hidden"), "no pattern").unwrap();
    fs::create_dir(at("more")).unwrap();
    let states = pattern::folder(folder.path(), 4, 4).unwrap();
    assert_eq!(states.iter().map(|grid| (grid.height, grid.width)).collect::<Vec<_>>(), [(4, 4); 4]);
    assert_eq!(states[0].cells, [4; 16]);
    assert_eq!(states[1].cells, [0, 0, 0, 0, 0, 3, 3, 0, 0, 3, 3, 0, 0, 0, 0, 0]);
    assert_eq!((states[2].cells[0], states[3].cells[0]), (5, 6));

    fs::write(at("notes.txt"), "bo!").unwrap();
    let error = pattern::folder(folder.path(), 4, 4).unwrap_err().to_string();
    assert!(error.contains("notes.txt` is not a PNG"), "{error}");
}
