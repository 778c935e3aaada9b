//! Every setting with its range, what it is, when a change takes effect, and the value in force beside the edited one.

use bevy_egui::egui::{
    self, Align, Button, CollapsingHeader, DragValue, Label, Layout, RichText, ScrollArea, Sense, Ui, UiBuilder, vec2,
};

use super::editors;
use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Ask, Desk, Seen};
use crate::files::run::{Happening, Mark};
use crate::session::ToLearner;
use crate::spec::config::{Config, Start};
use crate::spec::presets::PRESETS;
use crate::spec::settings::{self, Effect, SETTINGS, Setting, Value};

/// Sections in the order of the panel: name in the table, heading, whether open at first.
const SECTIONS: [(&str, &str, bool); 5] = [
    ("ppo", "Learning (PPO)", true),
    ("reward", "Reward", true),
    ("world", "Training worlds", false),
    ("model", "Model", false),
    ("run", "Run", false),
];
const LABEL: f32 = 104.0;
const BADGE: f32 = 40.0;
const RESET: f32 = 20.0;

pub(crate) const ABOUT: About = About::new(Dock::Right, "Settings", "Every setting of the run");

/// The panel.
pub struct SettingsPanel {
    edited: Config,
    /// In force when it was last looked at.
    applied: Config,
    run: u32,
    /// What the run began with, or was taken up with.
    begun: Config,
    problem: Option<(&'static str, String)>,
}

impl SettingsPanel {
    /// Nothing edited yet.
    pub fn new(seen: &Seen) -> Self {
        let applied = seen.applied.clone();
        Self { edited: applied.clone(), begun: applied.clone(), applied, run: seen.run, problem: None }
    }
}

impl Pane for SettingsPanel {
    fn serve(&mut self, ask: &Ask, seen: &Seen, desk: &mut Desk) {
        if let Ask::Adopt(config) = ask {
            self.adopt(config, seen, desk);
        }
    }

    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        if self.run != seen.run {
            *self = Self::new(seen);
        }
        self.follow(seen);
        ui.horizontal(|ui| {
            ui.heading("Settings");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| presets(ui, &self.edited, desk));
        });
        ui.add_space(2.0);
        egui::Panel::bottom("settings_actions").show_separator_line(true).show(ui, |ui| {
            ui.add_space(6.0);
            self.actions(ui, seen, desk);
        });
        let before = self.edited.clone();
        ScrollArea::vertical().id_salt("settings").auto_shrink(false).show(ui, |ui| {
            for (section, heading, open) in SECTIONS {
                CollapsingHeader::new(RichText::new(heading).strong()).default_open(open).show_unindented(ui, |ui| {
                    for setting in SETTINGS.iter().filter(|setting| setting.path.split('.').next() == Some(section)) {
                        self.row(ui, setting, &before, seen, desk);
                    }
                    ui.add_space(4.0);
                });
            }
        });
    }
}

impl SettingsPanel {
    /// Takes over what was changed elsewhere, where nothing is edited here.
    fn follow(&mut self, seen: &Seen) {
        if self.applied == seen.applied {
            return;
        }
        for setting in SETTINGS {
            if setting.differs(&self.applied, &seen.applied) && !setting.differs(&self.edited, &self.applied) {
                setting.take(&mut self.edited, &seen.applied);
                if settings::validate(&self.edited).is_err() {
                    // A value that does not fit the edits beside it stays an edit.
                    setting.take(&mut self.edited, &self.applied);
                }
            }
        }
        self.applied = seen.applied.clone();
    }

    fn row(&mut self, ui: &mut Ui, setting: &'static Setting, before: &Config, seen: &Seen, desk: &mut Desk) {
        let name = name(setting);
        let doc = format!("{}\n\nTakes effect: {}. `{}`", setting.doc, effect_text(setting.effect), setting.path);
        let is_tall = matches!(setting.value(&mut self.edited), Value::Terms(_));
        let (mut edited, typed) = (false, editors::Typed::default());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            left(ui, LABEL, |ui| ui.add(Label::new(name).truncate()).on_hover_text(&doc));
            let width = ui.available_width() - BADGE - RESET - 12.0;
            left(ui, width, |ui| {
                if !is_tall {
                    edited = editors::edit(ui, setting, &mut self.edited, width, &typed);
                }
            });
            left(ui, BADGE, |ui| {
                let (text, colour) = match setting.effect {
                    Effect::NextUpdate => ("live", ui.visuals().weak_text_color()),
                    Effect::Restart => ("restart", ui.visuals().text_color()),
                };
                ui.label(RichText::new(text).small().color(colour))
                    .on_hover_text(format!("A change takes effect {}.", effect_text(setting.effect)));
            });
            if setting.differs(&self.edited, &self.begun) {
                let doc = format!("Back to what the run was opened with, {}.", setting.get(&self.begun));
                if ui.add(Button::new("↺").frame(false)).on_hover_text(doc).clicked() {
                    setting.take(&mut self.edited, &self.begun);
                    edited = true;
                }
            }
        });
        if is_tall {
            edited |= editors::edit(ui, setting, &mut self.edited, ui.available_width(), &typed);
        }
        match typed.read() {
            Some(Err(problem)) => self.problem = Some((setting.path, problem)),
            Some(Ok(())) => self.problem = self.problem.take().filter(|(path, _)| *path != setting.path),
            None => {}
        }
        if edited {
            self.check(setting, before, desk);
        }
        if let Some((path, problem)) = &self.problem
            && *path == setting.path
        {
            ui.add(Label::new(RichText::new(problem).small().color(ui.visuals().error_fg_color)).wrap());
        } else if setting.differs(&self.edited, &seen.applied) {
            let when = match setting.effect {
                Effect::NextUpdate => "until the next update",
                Effect::Restart => "until a restart",
            };
            let text = format!("in force: {} {when}", setting.get(&seen.applied));
            ui.add(Label::new(RichText::new(text).small().color(ui.visuals().warn_fg_color)).wrap());
        }
    }

    /// Keeps a change if it fits the other settings, and goes back to what was before if not.
    fn check(&mut self, setting: &'static Setting, before: &Config, desk: &mut Desk) {
        match settings::validate(&self.edited) {
            Ok(()) => self.send(setting, desk),
            Err(error) => {
                setting.take(&mut self.edited, before);
                self.problem = Some((setting.path, error.to_string()));
            }
        }
    }

    /// Sends a change on if it takes effect in the run.
    fn send(&mut self, setting: &Setting, desk: &mut Desk) {
        self.problem = None;
        if setting.effect == Effect::NextUpdate {
            desk.send(ToLearner::Configure(Box::new(self.edited.clone())));
        }
    }

    /// Takes the settings of another run over: those that can change in this one take effect with the next update.
    fn adopt(&mut self, other: &Config, seen: &Seen, desk: &mut Desk) {
        if self.run != seen.run {
            *self = Self::new(seen);
        }
        (self.edited, self.problem) = (adopted(other, &self.edited), None);
        ABOUT.open(desk);
        desk.send(ToLearner::Configure(Box::new(self.edited.clone())));
    }

    fn actions(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let differing = settings::differing(&self.edited, &seen.applied);
        let waiting = differing.filter(|setting| setting.effect == Effect::Restart).count();
        ui.horizontal(|ui| {
            let text = match waiting {
                0 => "Restart".to_owned(),
                n => format!("Restart with {n} change{}", if n == 1 { "" } else { "s" }),
            };
            let button = |text: &str| Button::new(text).min_size(vec2(0.0, 26.0));
            let doc = "Begin a new run with these settings from the same seed: the same initial weights and random \
                       numbers. The run so far stays in its folder.";
            if ui.add(button(&text).selected(waiting > 0)).on_hover_text(doc).clicked() {
                desk.send(ToLearner::Restart(Box::new(self.edited.clone())));
            }
            let doc = "Begin a new run with these settings from the next seed: other initial weights and random \
                       numbers. The run so far stays in its folder.";
            if ui.add(button("Reseed")).on_hover_text(doc).clicked() {
                self.edited.run.seed = self.edited.run.seed.wrapping_add(1);
                desk.send(ToLearner::Restart(Box::new(self.edited.clone())));
            }
            let doc = "The seed: everything random in a run follows from it. A new one takes effect with a restart.";
            ui.add(DragValue::new(&mut self.edited.run.seed).prefix("seed ").speed(0.2)).on_hover_text(doc);
        });
        ui.horizontal(|ui| {
            let discard = ui.add_enabled(self.edited != seen.applied, Button::new("Discard edits"));
            if discard.on_hover_text("Back to the values in force.").clicked() {
                (self.edited, self.problem) = (seen.applied.clone(), None);
                desk.send(ToLearner::Configure(Box::new(self.edited.clone())));
            }
            self.changes(ui, seen, desk);
        });
    }

    /// A menu of the run's changes, the newest first, that takes them back.
    fn changes(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let changes: Vec<_> = seen.marks.iter().rev().filter(|mark| change(mark).is_some()).collect();
        let menu = ui.add_enabled_ui(!changes.is_empty(), |ui| {
            let text = format!("↺ Undo a change ({}) ⏷", changes.len());
            ui.menu_button(text, |ui| {
                ui.set_max_width(320.0);
                ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                    for (mark, (setting, from)) in changes.iter().filter_map(|mark| Some((mark, change(mark)?))) {
                        let text = format!("update {}: {}", mark.update, mark.what);
                        let doc = format!("Back to {from}, with the next update.");
                        if ui.add(Button::new(text).wrap()).on_hover_text(doc).clicked() {
                            match settings::set(&mut self.edited, setting.path, from) {
                                Ok(()) => self.send(setting, desk),
                                Err(error) => self.problem = Some((setting.path, error.to_string())),
                            }
                            ui.close();
                        }
                    }
                });
            })
            .response
        });
        menu.inner
            .on_hover_text("Settings that were changed in this run, the newest first: click one to take it back.")
            .on_disabled_hover_text("No setting was changed in this run yet.");
    }
}

/// The names of the settings that [`SettingsPanel::adopt`] would change.
pub fn others(other: &Config, applied: &Config) -> Vec<String> {
    settings::differing(&adopted(other, applied), applied).map(name).collect()
}

/// The settings of another run, but for how long it is and its seed, and for pictures, which may lie elsewhere or be gone.
fn adopted(other: &Config, own: &Config) -> Config {
    let mut config = Config { run: own.run.clone(), ..other.clone() };
    if !matches!(other.world.start, Start::Random | Start::Sparse(_)) {
        config.world.start = own.world.start.clone();
    }
    config
}

/// A setting's name in the panel.
fn name(setting: &Setting) -> String {
    let field = setting.path.split('.').nth(1).unwrap_or(setting.path);
    if field == "d_model" { field.to_owned() } else { field.replace('_', " ") }
}

/// The setting that a mark says was changed, and the value it had.
fn change(mark: &Mark) -> Option<(&'static Setting, &str)> {
    match &mark.what {
        Happening::Changed { path, from, .. } => Some((settings::setting(path)?, from)),
        _ => None,
    }
}

/// A menu of new runs.
fn presets(ui: &mut Ui, edited: &Config, desk: &mut Desk) {
    let menu = ui.menu_button("New run from preset ⏷", |ui| {
        for preset in PRESETS {
            if ui.button(preset.name).on_hover_text(preset.about()).clicked() {
                if let Ok(mut config) = preset.config() {
                    config.run.seed = edited.run.seed;
                    desk.send(ToLearner::Restart(Box::new(config)));
                }
                ui.close();
            }
        }
    });
    menu.response.on_hover_text("Begin a new run with the settings of a preset. The run so far stays in its folder.");
}

fn effect_text(effect: Effect) -> &'static str {
    match effect {
        Effect::NextUpdate => "with the next update",
        Effect::Restart => "with a restart of the run",
    }
}

/// A cell of a row: of this width, whatever it holds. A field grows with what is typed into it; the rest is cut.
fn left<R>(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui) -> R) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, 22.0), Sense::hover());
    let mut cell = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    cell.shrink_clip_rect(rect.expand(2.0));
    add(&mut cell);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Command;
    use crate::spec::settings::setting;

    #[test]
    fn every_setting_has_its_section() {
        let has_section =
            |setting: &Setting| SECTIONS.iter().any(|(name, ..)| setting.path.split('.').next() == Some(*name));
        assert!(SETTINGS.iter().all(has_section));
    }

    #[test]
    fn only_what_can_change_in_a_run_is_sent_to_it() {
        let seen = Seen::new(Config::default());
        let mut panel = SettingsPanel::new(&seen);
        let mut desk = Desk::new((24, 24));
        desk.commands.clear();
        let mut edit = |path: &'static str, value: &str| {
            let before = panel.edited.clone();
            settings::set(&mut panel.edited, path, value).expect("in range");
            panel.check(setting(path).expect("in the table"), &before, &mut desk);
            desk.commands.drain(..).collect::<Vec<_>>()
        };
        assert!(edit("model.layers", "2").is_empty());
        let sent = edit("ppo.learning_rate", "0.01");
        assert!(
            matches!(&sent[..], [Command::Learner(ToLearner::Configure(config))] if config.ppo.learning_rate == 0.01)
        );
    }

    #[test]
    fn settings_that_do_not_fit_each_other_are_kept_out_and_explained() {
        let seen = Seen::new(Config::default());
        let mut panel = SettingsPanel::new(&seen);
        let before = panel.edited.clone();
        panel.edited.model.heads = 3;
        panel.check(setting("model.heads").expect("in the table"), &before, &mut Desk::new((24, 24)));
        assert_eq!(panel.edited.model.heads, 2);
        assert!(panel.problem.is_some_and(|(path, text)| path == "model.heads" && text.contains("divide")));
    }

    #[test]
    fn a_clips_settings_are_taken_as_edits_but_for_its_run_and_pictures() {
        let seen = Seen::new(Config::default());
        let mut panel = SettingsPanel::new(&seen);
        let mut desk = Desk::new((24, 24));
        desk.commands.clear();
        let mut other = Config::default();
        assert!(others(&other, &seen.applied).is_empty());
        other.ppo.gamma = 0.5;
        other.model.layers = 2;
        other.run.seed = 99;
        other.world.start = Start::Folder("not here".to_owned());
        assert_eq!(others(&other, &seen.applied), ["layers", "gamma"]);
        panel.adopt(&other, &seen, &mut desk);
        assert_eq!((panel.edited.ppo.gamma, panel.edited.model.layers), (0.5, 2));
        assert_eq!((panel.edited.run.seed, &panel.edited.world.start), (seen.applied.run.seed, &Start::Random));
        assert!(
            matches!(&desk.commands[..], [Command::Learner(ToLearner::Configure(config))] if config.ppo.gamma == 0.5)
        );
    }

    #[test]
    fn changes_made_elsewhere_show_and_edits_stay() {
        let mut seen = Seen::new(Config::default());
        let mut panel = SettingsPanel::new(&seen);
        panel.edited.ppo.clip = 0.3;
        seen.applied.ppo.clip = 0.1;
        seen.applied.ppo.gamma = 0.5;
        panel.follow(&seen);
        assert_eq!((panel.edited.ppo.clip, panel.edited.ppo.gamma), (0.3, 0.5));
    }
}
