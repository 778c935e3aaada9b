//! What the stage is drawn as: one texel a cell.

use bevy_egui::egui::{
    Color32, ColorImage, Context, Painter, Pos2, Rect, TextureFilter, TextureHandle, TextureOptions, pos2,
};

use super::super::colours::ColourMap;
use crate::canvas::Cell;
use crate::spec::COLOURS;
use crate::spec::grid::Grid;

/// The largest picture made of training worlds, in cells a side.
const MAX_MOSAIC: usize = 2048;
/// Pixelated when enlarged, blended when made smaller.
const OPTIONS: TextureOptions = TextureOptions {
    magnification: TextureFilter::Nearest,
    minification: TextureFilter::Linear,
    ..TextureOptions::NEAREST
};

/// A tile's side in texels.
const TILE: usize = 128;

/// A texture of a grid, made anew or changed.
pub(in crate::app) fn upload_picture(texture: &mut Option<TextureHandle>, ctx: &Context, name: &str, grid: &Grid) {
    let image = image_from_grid(grid, ColourMap::of(ctx));
    match texture {
        Some(texture) => texture.set(image, OPTIONS),
        None => *texture = Some(ctx.load_texture(name, image, OPTIONS)),
    }
}

/// An image in tiles, of which only those that change are uploaded.
#[derive(Default)]
pub(super) struct Tiles {
    image: ColorImage,
    /// Row-major.
    textures: Vec<TextureHandle>,
}

impl Tiles {
    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.textures.is_empty()
    }

    /// Lets go of the image.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the image over; returns how many tiles were uploaded.
    pub(super) fn set(&mut self, ctx: &Context, image: ColorImage) -> usize {
        let places = || tiles(image.size);
        if image.size != self.image.size {
            let texture = |place| ctx.load_texture("stage", cut(&image, place), OPTIONS);
            self.textures = places().map(texture).collect();
            self.image = image;
            return self.textures.len();
        }
        let row = |of: &ColorImage, Place { left, width, .. }: Place, row: usize| {
            let first = row * of.size[0] + left;
            first..first + width
        };
        let differs = |place: &Place| {
            (place.top..place.top + place.height).any(|at| {
                let cells = row(&image, *place, at);
                image.pixels[cells.clone()] != self.image.pixels[cells]
            })
        };
        let mut uploaded = 0;
        for (texture, place) in self.textures.iter_mut().zip(places()).filter(|(_, place)| differs(place)) {
            texture.set(cut(&image, place), OPTIONS);
            uploaded += 1;
        }
        self.image = image;
        uploaded
    }

    /// Draws the tiles that can be seen; `place` gives the screen's rectangle of a row, a column, a height and a width.
    pub(super) fn draw(&self, painter: &Painter, place: impl Fn(Cell, usize, usize) -> Rect) {
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        for (texture, tile) in self.textures.iter().zip(tiles(self.image.size)) {
            let rect = place((tile.top as i32, tile.left as i32), tile.height, tile.width);
            if painter.clip_rect().intersects(rect) {
                painter.image(texture.id(), rect, whole, Color32::WHITE);
            }
        }
    }
}

/// Where a tile lies on its image, in texels.
#[derive(Debug, Clone, Copy)]
struct Place {
    top: usize,
    left: usize,
    height: usize,
    width: usize,
}

/// The tiles of an image of this width and height, row-major.
fn tiles([width, height]: [usize; 2]) -> impl Iterator<Item = Place> {
    (0..height).step_by(TILE).flat_map(move |top| {
        (0..width).step_by(TILE).map(move |left| Place {
            top,
            left,
            height: TILE.min(height - top),
            width: TILE.min(width - left),
        })
    })
}

fn cut(image: &ColorImage, Place { top, left, height, width }: Place) -> ColorImage {
    let row = |row: usize| &image.pixels[row * image.size[0] + left..][..width];
    ColorImage::new([width, height], (top..top + height).flat_map(row).copied().collect())
}

/// A grid's image.
pub(super) fn image_from_grid(grid: &Grid, colours: ColourMap) -> ColorImage {
    let table = colours.table();
    let pixels = grid.cells.iter().map(|&cell| table[usize::from(cell) % COLOURS]).collect();
    ColorImage::new([grid.width, grid.height], pixels)
}

/// How worlds of one size lie side by side, a cell apart; as many as fit.
pub(super) struct Mosaic {
    worlds: usize,
    columns: usize,
    rows: usize,
    /// Of a world, with the gap after it.
    height: usize,
    width: usize,
}

impl Mosaic {
    /// `None` without worlds.
    pub(super) fn new(worlds: &[Grid]) -> Option<Self> {
        let first = worlds.first()?;
        let (height, width) = (first.height + 1, first.width + 1);
        let (most_rows, most_columns) = ((MAX_MOSAIC / height).max(1), (MAX_MOSAIC / width).max(1));
        let n = worlds.len().min(most_rows * most_columns);
        let columns = ((n as f32 * height as f32 / width as f32).sqrt().ceil() as usize).clamp(1, n).min(most_columns);
        Some(Self { worlds: n, columns, rows: n.div_ceil(columns), height, width })
    }

    /// The picture, and what lies between the worlds.
    pub(super) fn image(&self, worlds: &[Grid], colours: ColourMap, ground: Color32) -> ColorImage {
        let table = colours.table();
        let mut image = ColorImage::filled([self.columns * self.width - 1, self.rows * self.height - 1], ground);
        let stride = image.size[0];
        for (i, world) in worlds.iter().take(self.columns * self.rows).enumerate() {
            let corner = i / self.columns * self.height * stride + i % self.columns * self.width;
            for (row, cells) in world.cells.chunks(world.width).enumerate() {
                for (column, &cell) in cells.iter().enumerate() {
                    image.pixels[corner + row * stride + column] = table[usize::from(cell) % COLOURS];
                }
            }
        }
        image
    }

    /// The world at a cell of the picture.
    pub(super) fn world_at(&self, (row, column): Cell) -> Option<usize> {
        let (row, column) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
        let on_a_world = row % self.height + 1 < self.height && column % self.width + 1 < self.width;
        let (row, column) = (row / self.height, column / self.width);
        let world = row * self.columns + column;
        (on_a_world && column < self.columns && world < self.worlds).then_some(world)
    }

    /// The cell of the picture where a world begins, and the world's height and width.
    pub(super) fn place(&self, world: usize) -> (Cell, usize, usize) {
        let (row, column) = (world / self.columns * self.height, world % self.columns * self.width);
        ((row as i32, column as i32), self.height - 1, self.width - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tiles_that_change_are_uploaded() {
        let ctx = Context::default();
        let (mut tiles, mut image) = (Tiles::default(), ColorImage::filled([300, 129], Color32::BLACK));
        assert_eq!(tiles.set(&ctx, image.clone()), 6);
        assert_eq!(tiles.set(&ctx, image.clone()), 0);
        image.pixels[128 * 300 + 299] = Color32::WHITE;
        image.pixels[0] = Color32::WHITE;
        assert_eq!(tiles.set(&ctx, image.clone()), 2);
        let whole: usize = super::tiles(image.size).map(|place| place.height * place.width).sum();
        assert_eq!(whole, image.pixels.len());
        let last = super::tiles(image.size).last().expect("a tile");
        assert_eq!(cut(&image, last).pixels, image.pixels[128 * 300 + 256..]);
        assert_eq!(tiles.set(&ctx, ColorImage::filled([3, 3], Color32::BLACK)), 1);
    }

    #[test]
    fn mosaics_hold_every_world_and_know_where() {
        let worlds = vec![Grid::filled(4, 6, 3); 5];
        let mosaic = Mosaic::new(&worlds).expect("there are worlds");
        let image = mosaic.image(&worlds, ColourMap::Rainbow, Color32::BLACK);
        let colour = ColourMap::Rainbow.colour(3);
        assert_eq!(image.pixels.iter().filter(|&&pixel| pixel == colour).count(), 5 * 24);
        assert!(Mosaic::new(&[]).is_none());
        for world in 0..5 {
            let ((row, column), height, width) = mosaic.place(world);
            assert_eq!(mosaic.world_at((row + height as i32 - 1, column + width as i32 - 1)), Some(world));
            assert_eq!(mosaic.world_at((row + height as i32, column)), None);
        }
        assert_eq!([mosaic.world_at((-1, 0)), mosaic.world_at((0, 999))], [None; 2]);
        assert_eq!((0..image.size[1] as i32).filter_map(|row| mosaic.world_at((row, 0))).max(), Some(4));
    }
}
