//! Patterns that come with the program and those that the user keeps, each to be laid on the stage.

use std::path::{Path, PathBuf};

use bevy_egui::egui::{
    Button, Color32, FontId, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, WidgetType, pos2, vec2,
};
use include_dir::{Dir, File, include_dir};

use crate::app::keys::Action;
use crate::app::pane::{About, Dock, Pane};
use crate::app::stage::{Thumbnail, View};
use crate::app::state::{Desk, Seen};
use crate::files::{Colours, pattern};
use crate::session::ToStage;
use crate::spec::grid::Grid;

/// Where the user's patterns lie.
const FOLDER: &str = "patterns";
/// The most of them that are shown, and the largest file that is read for it.
const MOST: usize = 200;
const LARGEST: u64 = 1 << 20;
/// The side of a thumbnail, in points.
const SIDE: f32 = 64.0;

/// The patterns that come with the program.
static BUILT_IN: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/patterns");

/// A pattern with its picture.
struct Item {
    name: String,
    pattern: Grid,
    picture: Thumbnail,
}

pub(crate) const ABOUT: About = About::new(Dock::Right, "Patterns", "Patterns to lay on the stage, and those you keep");

/// The panel.
#[derive(Default)]
pub struct Patterns {
    built_in: Vec<Item>,
    kept: Vec<Item>,
    /// [`Seen::exported`] when the folder was last read.
    read: Option<u32>,
    /// The name under which the selection is kept.
    name: String,
}

impl Pane for Patterns {
    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        if self.built_in.is_empty() {
            self.built_in = built_in();
        }
        if self.read != Some(seen.exported) {
            self.read = Some(seen.exported);
            self.kept = kept(Path::new(FOLDER));
        }
        let [flip, flop, turn] = [Action::Flip, Action::Flop, Action::Turn].map(|action| desk.keys.text(action));
        ui.label(format!(
            "A click takes a pattern under the pointer; a click on the stage lays it down. {flip} and {flop} flip it, \
             {turn} turns it."
        ));
        self.keep(ui, desk);
        ui.separator();
        ScrollArea::vertical().id_salt("patterns").auto_shrink(false).show(ui, |ui| {
            if !self.kept.is_empty() {
                ui.label(RichText::new("Yours").strong());
                row(ui, &mut self.kept, desk);
                ui.add_space(6.0);
                ui.label(RichText::new("Built in").strong());
            }
            row(ui, &mut self.built_in, desk);
        });
    }
}

impl Patterns {
    /// The field and the button that keep the selection.
    fn keep(&mut self, ui: &mut Ui, desk: &mut Desk) {
        ui.horizontal(|ui| {
            ui.add(TextEdit::singleline(&mut self.name).hint_text("name").desired_width(120.0))
                .on_hover_text("The name to keep the selection under.");
            // A name, not a path.
            let name: String = self.name.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect();
            let ready = desk.hand.selection.is_some() && !name.is_empty();
            let button = ui.add_enabled(ready, Button::new("Keep the selection"));
            let select = desk.keys.text(Action::Select);
            let doc = format!("Write what is selected ({select}) to `{FOLDER}/`, to be found here from then on.");
            if button
                .on_hover_text(&doc)
                .on_disabled_hover_text(doc + " Select something and give it a name.")
                .clicked()
            {
                let path = PathBuf::from(FOLDER).join(name + ".rle");
                desk.send(ToStage::Export(path, desk.hand.selection));
                self.name.clear();
            }
        });
    }
}

/// The patterns that come with the program, in the order of their names.
fn built_in() -> Vec<Item> {
    let read = |file: &File| {
        let pattern = pattern::read_text(file.contents_utf8()?, (0, 1)).ok()?;
        let name = file.path().file_stem()?.to_string_lossy().replace('-', " ");
        Some(Item { name, pattern, picture: Thumbnail::default() })
    };
    BUILT_IN.files().filter_map(read).collect()
}

/// The user's patterns, in the order of their names; what cannot be read is left out.
fn kept(folder: &Path) -> Vec<Item> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let small = |path: &PathBuf| path.metadata().is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(small).collect();
    files.sort();
    files.truncate(MOST);
    let item = |path: &PathBuf| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        Some(Item { name, pattern: pattern::open(path, Colours::Nearest).ok()?, picture: Thumbnail::default() })
    };
    files.iter().filter_map(item).collect()
}

/// Thumbnails in rows, each with its name.
fn row(ui: &mut Ui, items: &mut [Item], desk: &mut Desk) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        for item in items {
            let (rect, response) = ui.allocate_exact_size(vec2(SIDE + 8.0, SIDE + 22.0), Sense::click());
            if !ui.is_rect_visible(rect) {
                continue;
            }
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &item.name));
            let visuals = ui.style().interact(&response);
            ui.painter().rect_filled(rect, 4.0, visuals.weak_bg_fill);
            let (height, width) = (item.pattern.height, item.pattern.width);
            let picture = Rect::from_min_size(rect.min + vec2(4.0, 4.0), vec2(SIDE, SIDE));
            let place = View::fit(picture, width, height).screen_from_cells(picture, (0, 0), height, width);
            item.picture.paint(ui.painter(), place, &item.pattern, Color32::WHITE);
            let (font, ink) = (FontId::proportional(10.5), ui.visuals().text_color());
            let name = ui.painter().layout_no_wrap(item.name.clone(), font, ink);
            let at = pos2(rect.center().x - (name.size().x / 2.0).min(rect.width() / 2.0 - 2.0), rect.bottom() - 16.0);
            ui.painter_at(rect).galley(at, name, ink);
            if response.on_hover_text(format!("{}: {height} × {width} cells", item.name)).clicked() {
                desk.hand.floating = Some(item.pattern.clone());
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_pattern_can_be_read_and_every_file_is_built_in() {
        let items = built_in();
        for Item { name, pattern, .. } in &items {
            assert!(pattern.cells.iter().any(|&cell| cell != 0) && pattern.height <= 64, "{name}");
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/patterns");
        assert_eq!(std::fs::read_dir(folder).expect("the folder is there").count(), items.len());
    }
}
