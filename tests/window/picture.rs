//! What is on the screen, pixel by pixel: each cell in its colour, its number in it once it is near, an overlay over it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use font8x8::legacy::BASIC_LEGACY;
use primordia::picture::palette::PALETTE;
use primordia::picture::scale::{self, Scale};
use primordia::spec::grid::Grid;

use crate::desk::{Shown, Window};
use crate::step;

/// A picture of the window.
struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn at(&self, [x, y]: [usize; 2]) -> [u8; 3] {
        std::array::from_fn(|i| self.pixels[3 * (y * self.width + x) + i])
    }
}

fn read(path: &Path) -> Option<Picture> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).ok()?)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    assert_eq!(info.color_type, png::ColorType::Rgb);
    Some(Picture { width: info.width as usize, pixels })
}

/// Has the program take a picture of its window.
fn take(window: &mut Window, folder: &Path) -> (Picture, Shown) {
    let file = folder.join("screenshots/primordia.png");
    let _ = std::fs::remove_file(&file);
    window.away();
    window.key("F12");
    window.until("a picture of the window", |_| read(&file).is_some());
    (read(&file).unwrap(), window.look().clone())
}

#[track_caller]
fn is_near(seen: [u8; 3], meant: [u8; 3], what: &str) {
    assert!(seen.iter().zip(meant).all(|(seen, meant)| seen.abs_diff(meant) <= 2), "{what}: {seen:?} for {meant:?}");
}

/// The pixel at the middle of each cell has the colour that is meant for it.
#[track_caller]
fn cells_are((picture, shown): &(Picture, Shown), meant: impl Fn(usize, u8) -> [u8; 3]) {
    let stage = shown.stage();
    for (i, &state) in stage.cells.iter().enumerate() {
        let cell = (i / stage.width, i % stage.width);
        let middle = shown.cell(cell);
        is_near(picture.at([middle.x as usize, middle.y as usize]), meant(i, state), &format!("{cell:?}"));
    }
}

/// The whole stage in the palette's colours, then near, then under an overlay.
pub fn look(window: &mut Window, folder: &Path) {
    cells_are(&take(window, folder), |_, state| PALETTE[usize::from(state)]);

    let cell = (8, 9);
    let scale = |shown: &Shown| shown.get("/view/2").as_f64().unwrap() as f32;
    // Once it is zoomed, a cell of 20 pixels or more has its number in it.
    let home = scale(window.look()).max(20.0);
    while scale(window.look()) < home + 4.0 {
        window.wheel(cell);
    }
    let (picture, shown) = take(window, folder);
    let (middle, side) = (shown.cell(cell), scale(&shown));
    let state = usize::from(shown.stage().at(cell.0, cell.1));
    // The line before the cell, then the letter in whole pixels on the colour.
    let corner = [middle.x - side / 2.0 + 2.0, middle.y - side / 2.0 + 2.0].map(|at| at as usize);
    is_near(picture.at(corner), PALETTE[state], "the near cell's colour");
    let within = || (2..side as usize - 2).flat_map(|y| (2..side as usize - 2).map(move |x| [x, y]));
    let inked = within().filter(|[x, y]| {
        let pixel = picture.at([corner[0] - 2 + x, corner[1] - 2 + y]);
        pixel.iter().zip(PALETTE[state]).any(|(pixel, colour)| pixel.abs_diff(colour) > 8)
    });
    let letter: u32 = BASIC_LEGACY[usize::from(b'0') + state].iter().map(|row| row.count_ones()).sum();
    let dot = (side as usize / 16).max(1);
    assert_eq!(inked.count(), letter as usize * dot * dot, "the number {state} in cells of {side} pixels");
    window.key("f");

    under_an_overlay(window, folder);
}

/// The last of the menu's overlays says how long a cell has been as it is, which whoever watches knows too.
fn under_an_overlay(window: &mut Window, folder: &Path) {
    for _ in 0..8 {
        window.key("o");
    }
    window.until("the overlay's name", |shown| shown.control("Age").is_some());
    // Changes are followed from the next state on.
    let mut stages: Vec<Grid> = vec![step(window).stage()];
    for _ in 0..3 {
        stages.push(step(window).stage());
        window.frames(30);
    }
    let last = stages.len() - 1;
    let age =
        |i: usize| (1..=last).rev().find(|&t| stages[t].cells[i] != stages[t - 1].cells[i]).map_or(last, |t| last - t);
    let ages: Vec<f32> = (0..stages[last].cells.len()).map(|i| age(i) as f32).collect();
    assert!([0.0, 1.0].iter().all(|age| ages.contains(age)), "the steps change too little");
    let ends = Scale::Positive.ends(&ages, None);
    cells_are(&take(window, folder), |i, state| {
        let share = scale::share(ages[i], ends).unwrap();
        scale::laid(Scale::Positive.colour(share), PALETTE[usize::from(state)])
    });
    window.key("o");
}
