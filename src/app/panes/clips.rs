//! The window for clips: record from now, or save the last seconds after the fact.

use std::path::{Path, PathBuf};

use bevy_egui::egui::{
    self, Button, Checkbox, ComboBox, Context, DragValue, Grid, ProgressBar, RichText, TextEdit, Ui, Window,
};

use crate::app::keys::Action;
use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Ask, Desk, Seen};
use crate::files::clip::{Delay, Format, Holds};
use crate::session::{ClipOrder, Frames, Overlay, ToStage};

/// The folder that clips go to unless another is typed.
const FOLDER: &str = "clips";
/// The least width or height of a clip in pixels that the first scale aims at.
const AIM: usize = 320;

pub(crate) const ABOUT: About =
    About::new(Dock::Window, "Clips", "Record a clip, or save the last seconds after the fact");

/// How clips are made.
pub struct Clips {
    format: &'static Format,
    /// Time from frame to frame.
    delay: Delay,
    /// Pixels of a cell's side; none: as the stage's size suggests.
    scale: Option<usize>,
    /// Whether only the selection is shown, where there is one.
    selection: bool,
    /// Whether the map over the stage is laid over the frames.
    overlay: bool,
    /// Whether a line under each frame names its update, step and seed, and the map with its scale.
    caption: bool,
    /// Seconds of a clip that is saved after the fact.
    seconds: f32,
    /// The folder they go to.
    folder: String,
    /// The formats, and why one cannot be written here.
    formats: Vec<(&'static Format, Option<&'static str>)>,
}

impl Default for Clips {
    fn default() -> Self {
        let formats: Vec<_> = Format::of_clips().map(|format| (format, format.missing())).collect();
        Self {
            format: formats[0].0,
            delay: Delay::TENTH,
            scale: None,
            selection: true,
            overlay: false,
            caption: false,
            seconds: 10.0,
            folder: FOLDER.to_owned(),
            formats,
        }
    }
}

impl Clips {
    /// Pixels of a cell's side for a stage of this size.
    fn scale_for(&self, (height, width): (usize, usize)) -> usize {
        self.scale.unwrap_or((AIM / height.min(width).max(1)).clamp(1, 16))
    }

    /// Asks for a clip of these states, under a name that nothing has yet.
    fn order(&self, seen: &Seen, desk: &mut Desk, frames: Frames) {
        let Some(picture) = seen.picture() else { return };
        let name = format!("update-{}-step-{}", picture.update, picture.step);
        desk.send(ToStage::Clip(Box::new(ClipOrder {
            path: free(Path::new(&self.folder), &name, self.format.extension()),
            format: self.format,
            frames,
            area: desk.hand.selection.filter(|_| self.selection),
            scale: self.scale_for((picture.grid.height, picture.grid.width)),
            delay: self.delay,
            overlay: desk.overlay.filter(|_| self.overlay && self.format.holds != Holds::States),
            caption: self.caption,
        })));
    }

    /// Begins a recording, or ends it and writes its clip.
    fn record(&self, seen: &Seen, desk: &mut Desk) {
        match seen.picture().and_then(|picture| picture.record.recorded) {
            Some(_) => self.order(seen, desk, Frames::Recorded),
            None => desk.send(ToStage::Record(true)),
        }
    }

    fn settings(&mut self, ui: &mut Ui, size: (usize, usize), desk: &Desk) {
        ui.label("Format");
        ComboBox::from_id_salt("clip format").width(170.0).selected_text(self.format.name()).show_ui(ui, |ui| {
            for &(format, missing) in &self.formats {
                let button = Button::selectable(self.format == format, format.name());
                let label = ui.add_enabled(missing.is_none(), button);
                if label.on_disabled_hover_text(missing.unwrap_or_default()).clicked() {
                    self.format = format;
                }
            }
        });
        ui.end_row();

        ui.label("Rate");
        let text = |delay: Delay| format!("{:.3} a second", delay.rate()).replace(".000", "").replace(".333", ".3");
        let menu = ComboBox::from_id_salt("clip rate").width(170.0).selected_text(text(self.delay)).show_ui(ui, |ui| {
            for delay in Delay::ALL {
                ui.selectable_value(&mut self.delay, delay, text(delay));
            }
        });
        menu.response.on_hover_text("Frames a second; these are the ones that browsers and viewers keep.");
        ui.end_row();

        ui.label("Cell");
        let mut scale = self.scale_for(size);
        let drag = ui.add(DragValue::new(&mut scale).range(1..=64).speed(0.1).suffix(" px"));
        if drag.on_hover_text("Pixels of a cell's side; whole, so that cells stay sharp.").changed() {
            self.scale = Some(scale);
        }
        ui.end_row();

        ui.label("Part");
        let selected = desk.hand.selection;
        let doc = desk.keys.doc("Only what is selected on the stage; otherwise all of it", Action::Select);
        let (mut none, some) = (false, selected.is_some());
        let only = if some { &mut self.selection } else { &mut none };
        ui.add_enabled(some, Checkbox::new(only, "the selection")).on_hover_text(doc).on_disabled_hover_text(
            desk.keys.doc("Nothing is selected: drag a rectangle on the stage with the tool for it", Action::Select),
        );
        ui.end_row();

        ui.label("Overlay");
        let states = self.format.holds == Holds::States;
        let no_pictures = format!("{} holds the states themselves, and no pictures of them.", self.format.name());
        let name = desk.overlay.map_or("none is chosen", Overlay::name);
        let why_not = match states {
            true => no_pictures.clone(),
            false => desk.keys.doc("No map lies over the stage: choose one beside its tools", Action::Overlay),
        };
        ui.add_enabled(desk.overlay.is_some() && !states, Checkbox::new(&mut self.overlay, name))
            .on_hover_text(
                "The map that lies over the stage, over each frame too: computed anew for it while the clip is written, \
                 under the rule that the stage had then. A caption names it, with the ends of its scale.",
            )
            .on_disabled_hover_text(why_not);
        ui.end_row();

        ui.label("Caption");
        ui.add_enabled(!states, Checkbox::new(&mut self.caption, "update, step and seed"))
            .on_hover_text(
                "A line of text under each frame. Without it and an overlay the frames are the states and nothing else, \
                 and can be read back exactly.",
            )
            .on_disabled_hover_text(no_pictures);
        ui.end_row();

        ui.label("Folder");
        ui.add(TextEdit::singleline(&mut self.folder).desired_width(170.0)).on_hover_text("Made if it is not there.");
        ui.end_row();

        ui.label("Size");
        let shown = selected.filter(|_| self.selection).map_or(size, |area| (area.height, area.width));
        let (height, width) = (shown.0 * scale, shown.1 * scale);
        let below = if self.caption && !states { " and a caption" } else { "" };
        ui.label(RichText::new(format!("{width} × {height} pixels{below}")).weak());
        ui.end_row();
    }
}

impl Pane for Clips {
    fn serve(&mut self, ask: &Ask, seen: &Seen, desk: &mut Desk) {
        if *ask == Ask::Record {
            self.record(seen, desk);
        }
    }

    fn place<'a>(&self, window: Window<'a>, ctx: &Context) -> Window<'a> {
        window.default_pos(ctx.viewport_rect().center() - egui::vec2(170.0, 180.0)).default_width(340.0)
    }

    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let Some(picture) = seen.picture() else {
            ui.weak("The stage has shown nothing yet.");
            return;
        };
        let size = (picture.grid.height, picture.grid.width);
        let (record, writing) = (&picture.record, seen.clip.is_some());
        Grid::new("clip settings").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| self.settings(ui, size, desk));
        ui.separator();

        let rate = self.delay.rate();
        let states = ((self.seconds * rate).round() as usize).max(1);
        ui.add_enabled_ui(!writing, |ui| {
            ui.horizontal(|ui| {
                let doc = format!(
                    "Writes the last {states} states up to the present one, at {rate:.1} a second. The stage has shown {}.",
                    record.at + 1
                );
                if ui.button("Save the last").on_hover_text(doc).clicked() {
                    self.order(seen, desk, Frames::Last(states));
                }
                ui.add(
                    DragValue::new(&mut self.seconds).range(1.0..=600.0).speed(0.2).fixed_decimals(0).suffix(" s"),
                )
                .on_hover_text("Seconds of clip: states divided by its rate.");
            });
            ui.horizontal(|ui| match record.recorded {
                None => {
                    let doc = desk.keys.doc("Keeps in mind where the clip begins", Action::Record)
                        + " It costs nothing: what the stage shows is kept anyway.";
                    if ui.button("⏺ Record from now").on_hover_text(doc).clicked() {
                        self.record(seen, desk);
                    }
                }
                Some(recorded) => {
                    let doc = desk.keys.doc("Writes what was recorded", Action::Record);
                    if ui.button("⏹ Stop and save").on_hover_text(doc).clicked() {
                        self.record(seen, desk);
                    }
                    let let_go = ui.button("Discard").on_hover_text("Lets the recording go; nothing is written.");
                    if let_go.clicked() {
                        desk.send(ToStage::Record(false));
                    }
                    ui.label(format!("{recorded} states, {:.1} s", recorded as f32 / rate));
                }
            });
        });
        if let Some((done, of)) = seen.clip {
            ui.horizontal(|ui| {
                let bar = ProgressBar::new(done as f32 / of.max(1) as f32).text(format!("{done} of {of}"));
                ui.add(bar.desired_width(220.0));
                if ui.button("Cancel").on_hover_text("Nothing of the clip stays.").clicked() {
                    desk.send(ToStage::CancelClip);
                }
            });
        }
    }
}

/// A path in the folder that nothing has yet.
pub(crate) fn free(folder: &Path, name: &str, extension: &str) -> PathBuf {
    let dot = if extension.is_empty() { "" } else { "." };
    let path = |number: usize| {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        folder.join(format!("{name}{number}{dot}{extension}"))
    };
    (1..).map(path).find(|path| !path.exists()).unwrap_or_else(|| path(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clip_takes_anothers_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = free(folder.path(), "a", "gif");
        assert_eq!(first, folder.path().join("a.gif"));
        std::fs::write(&first, "").expect("it can be written");
        assert_eq!(free(folder.path(), "a", "gif"), folder.path().join("a-2.gif"));
        assert_eq!(free(folder.path(), "a", ""), folder.path().join("a"));
    }
}
