//! A control for each kind of setting: numbers by their range, the others by what they are.

use std::cell::RefCell;

use bevy_egui::egui::emath::Numeric;
use bevy_egui::egui::{ComboBox, DragValue, Slider, TextEdit, Ui, vec2};

use crate::spec::config::{Config, Credit, Directions, Start, Term};
use crate::spec::grid::{Boundary, MAX_SIDE, MIN_SIDE};
use crate::spec::settings::{self, Range, Setting};

/// What a reward term pays for, for its tooltip.
fn about_term(term: Term) -> &'static str {
    match term {
        Term::Shift => {
            "2×2 blocks that go one tile in some direction and keep their colours: the source's reward. \
                        One colour everywhere earns all of it."
        }
        Term::Surprise => "Shift, weighted by how rare the block is.",
        Term::Move => "Blocks of more than one colour that leave their place and arrive somewhere new.",
        Term::Relative => "Move, where the surroundings do not go along.",
        Term::Lift => "Move, less what would match by chance.",
        Term::Flow => {
            "Blocks that go one way, and one way only, while others go other ways. Flicker and drift of the \
                       whole grid earn nothing."
        }
        Term::SoftMove => "The squared share of a block's cells that move: a gentle way in.",
        Term::Target => "Pixels that equal the target picture.",
    }
}

/// Whether a setting takes more than one line.
pub fn is_tall(setting: &Setting) -> bool {
    setting.path == "reward.terms"
}

/// What was typed into a field for a number, where that was read in this frame: nothing, or why it is none.
#[derive(Debug, Default)]
pub struct Typed(RefCell<Option<Result<(), String>>>);

impl Typed {
    /// What was read, if anything.
    pub fn read(self) -> Option<Result<(), String>> {
        self.0.into_inner()
    }

    /// Reads a number as the fields do by themselves, which say nothing where there is none.
    fn number(&self, text: &str) -> Option<f64> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let number = plain.replace('−', "-").parse::<f64>().ok().filter(|number| !number.is_nan());
        let told = number.map(drop).ok_or_else(|| format!("`{}` is no number, and changes nothing.", text.trim()));
        // Nothing typed is nothing wrong: another number may follow.
        self.0.replace(Some(told).filter(|_| !plain.is_empty()));
        number
    }

    /// A field for a number that tells. A number counts once it is typed whole: the 0 of 0.002 is not meant.
    fn drag<'a, N: Numeric>(&'a self, value: &'a mut N) -> DragValue<'a> {
        DragValue::new(value).update_while_editing(false).custom_parser(|text| self.number(text))
    }
}

/// A control of at most `width` points; whether it changed `config`, which is not validated.
pub fn edit(ui: &mut Ui, setting: &Setting, config: &mut Config, width: f32, typed: &Typed) -> bool {
    match setting.range {
        Range::Real { min, max, log } => real(ui, setting, config, (min, max, log), width, typed),
        Range::Whole { min, max } => whole(ui, setting, config, (min, max), width, typed),
        Range::Ron => other(ui, setting, config, width, typed),
    }
}

/// Three significant digits, as short as they go.
fn real_text(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) {
        return format!("{value:.2e}").replace(".00e", "e").replace("0e", "e");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn real(
    ui: &mut Ui,
    setting: &Setting,
    config: &mut Config,
    range: (f64, f64, bool),
    width: f32,
    typed: &Typed,
) -> bool {
    let (min, max, log) = range;
    let mut value: f64 = setting.get(config).parse().unwrap_or(min);
    ui.spacing_mut().slider_width = width - 64.0;
    let slider = Slider::new(&mut value, min..=max)
        .logarithmic(log || (min >= 0.0 && max > 1.0))
        .smallest_positive(min.max(1e-4))
        .custom_formatter(|value, _| real_text(value))
        .update_while_editing(false)
        .custom_parser(|text| typed.number(text));
    // Through f32's own text, so that 0.002 stays 0.002.
    ui.add(slider).changed() && settings::set(config, setting.path, &format!("{:?}", value as f32)).is_ok()
}

fn whole(ui: &mut Ui, setting: &Setting, config: &mut Config, range: (u64, u64), width: f32, typed: &Typed) -> bool {
    let mut value: u64 = setting.get(config).parse().unwrap_or(range.0);
    let small = range.1 <= 64;
    let drag = typed.drag(&mut value).range(range.0..=range.1).speed(if small { 0.05 } else { 0.25 });
    if !ui.add_sized(vec2(width.min(90.0), 20.0), drag).changed() {
        return false;
    }
    // Widths of tokens come in eights.
    let value = if setting.path == "model.d_model" { value.div_ceil(8) * 8 } else { value };
    set_unchecked(config, setting.path, value)
}

/// Sets a number even where other settings do not fit it yet: the caller validates the whole and says what is wrong.
fn set_unchecked(config: &mut Config, path: &str, value: u64) -> bool {
    let value_usize = usize::try_from(value).unwrap_or(usize::MAX);
    match path {
        "model.d_model" => config.model.d_model = value_usize,
        "model.heads" => config.model.heads = value_usize,
        "world.count" => config.world.count = value_usize,
        "ppo.minibatches" => config.ppo.minibatches = value_usize,
        "ppo.steps_per_update" => config.ppo.steps_per_update = value_usize,
        _ => return settings::set(config, path, &value.to_string()).is_ok(),
    }
    true
}

fn other(ui: &mut Ui, setting: &Setting, config: &mut Config, width: f32, typed: &Typed) -> bool {
    match setting.path {
        "world.size" => {
            let (height, width) = &mut config.world.size;
            let mut side = |value| ui.add(typed.drag(value).range(MIN_SIDE..=MAX_SIDE).speed(0.2)).changed();
            side(height) | side(width)
        }
        "world.boundary" => choice(
            ui,
            &mut config.world.boundary,
            &[
                (Boundary::Torus, "Torus", "The edges meet."),
                (Boundary::Bounded, "Bounded", "Windows lie wholly inside the grid."),
            ],
        ),
        "world.start" => start(ui, &mut config.world.start, width, typed),
        "reward.directions" => choice(
            ui,
            &mut config.reward.directions,
            &[
                (Directions::Four, "Four", "Up, left, right, down."),
                (Directions::Eight, "Eight", "Those and the diagonals."),
            ],
        ),
        "reward.credit" => credit(ui, &mut config.reward.credit, typed),
        "reward.terms" => terms(ui, config, typed),
        "reward.target" => {
            let mut path = config.reward.target.clone().unwrap_or_default();
            let edit = TextEdit::singleline(&mut path).hint_text("the built-in emblem").desired_width(width);
            let done = ui.add(edit).lost_focus();
            let target = Some(path).filter(|path| !path.trim().is_empty());
            let changed = done && target != config.reward.target;
            if changed {
                config.reward.target = target;
            }
            changed
        }
        path => ron(ui, setting, config, path, width),
    }
}

/// What has no control of its own is edited as text.
fn ron(ui: &mut Ui, setting: &Setting, config: &mut Config, path: &str, width: f32) -> bool {
    let mut text = setting.get(config);
    let done = ui.add(TextEdit::singleline(&mut text).desired_width(width)).lost_focus();
    done && text != setting.get(config) && settings::set(config, path, &text).is_ok()
}

fn choice<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, options: &[(T, &str, &str)]) -> bool {
    ui.spacing_mut().item_spacing.x = 2.0;
    options.iter().fold(false, |changed, (option, name, doc)| {
        changed | ui.selectable_value(value, *option, *name).on_hover_text(*doc).changed()
    })
}

/// A start's name, and what it is.
fn start_texts(start: &Start) -> (&'static str, &'static str) {
    match start {
        Start::Random => ("Random", "Every cell one of the ten colours."),
        Start::Sparse(_) => ("Sparse", "Colour 0, with a share of the cells another colour."),
        Start::Picture(_) => ("Picture", "A picture or pattern file, the same in every world."),
        Start::Folder(_) => ("Folder", "Each world one of the pictures and patterns in a folder."),
        Start::Mixture(..) => ("Mixture", "A share of the worlds one of a folder's pictures, the others random."),
    }
}

fn start(ui: &mut Ui, start: &mut Start, width: f32, typed: &Typed) -> bool {
    let before = start.clone();
    ui.spacing_mut().item_spacing.x = 4.0;
    ComboBox::from_id_salt("start").width(72.0).selected_text(start_texts(start).0).show_ui(ui, |ui| {
        let folder = || "patterns".to_owned();
        for option in [
            Start::Random,
            Start::Sparse(0.15),
            Start::Picture("picture.png".to_owned()),
            Start::Folder(folder()),
            Start::Mixture(folder(), 0.5),
        ] {
            let (name, doc) = start_texts(&option);
            let chosen = std::mem::discriminant(&option) == std::mem::discriminant(start);
            if ui.selectable_label(chosen, name).on_hover_text(doc).clicked() && !chosen {
                *start = option;
            }
        }
    });
    let share_of = |ui: &mut Ui, share: &mut f32, doc: &str| {
        ui.add(typed.drag(share).range(0.0..=1.0).speed(0.005).max_decimals(3)).on_hover_text(doc);
    };
    match start {
        Start::Random => {}
        Start::Sparse(share) => share_of(ui, share, "The share of other colours."),
        Start::Picture(path) => path_of(ui, path, width - 84.0, "The file's path."),
        Start::Folder(path) => path_of(ui, path, width - 84.0, "The folder's path."),
        Start::Mixture(path, share) => {
            share_of(ui, share, "The share of the worlds that start from the folder.");
            path_of(ui, path, width - 130.0, "The folder's path.");
        }
    }
    *start != before
}

/// Each keystroke names another file, so only the finished name counts.
fn path_of(ui: &mut Ui, path: &mut String, width: f32, doc: &str) {
    let id = ui.id().with("path");
    let mut typed = ui.data(|data| data.get_temp(id)).unwrap_or_else(|| path.clone());
    let edit = ui.add(TextEdit::singleline(&mut typed).desired_width(width.max(40.0))).on_hover_text(doc);
    if edit.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, typed));
    } else {
        ui.data_mut(|data| data.remove_temp::<String>(id));
        if edit.lost_focus() {
            *path = typed;
        }
    }
}

fn credit(ui: &mut Ui, credit: &mut Credit, typed: &Typed) -> bool {
    let before = *credit;
    let local = match credit {
        Credit::Global => Credit::Local { radius: 1 },
        Credit::Local { .. } => *credit,
    };
    let mut changed = choice(
        ui,
        credit,
        &[
            (Credit::Global, "Global", "Every agent gets its grid's mean."),
            (local, "Local", "The mean near the agent: less noise, so it learns sooner."),
        ],
    );
    if let Credit::Local { radius } = credit {
        ui.spacing_mut().interact_size.x = 24.0;
        let drag = typed.drag(radius).range(0..=16).speed(0.05);
        changed |= ui.add(drag).on_hover_text("How far around its footprint, in cells.").changed();
    }
    changed && *credit != before
}

/// A weight for each term; a term of weight 0 is left out.
fn terms(ui: &mut Ui, config: &mut Config, typed: &Typed) -> bool {
    let mut changed = false;
    let column = ui.available_width() / 2.0;
    for pair in Term::ALL.chunks(2) {
        ui.horizontal(|ui| {
            for &term in pair {
                let mut weight = config.weight(term);
                ui.allocate_ui(vec2(column - 8.0, 22.0), |ui| {
                    ui.set_min_width(column - 8.0);
                    ui.horizontal(|ui| {
                        let drag = typed.drag(&mut weight).range(-1000.0..=1000.0).speed(0.01).max_decimals(3);
                        let edited = ui.add_sized(vec2(46.0, 20.0), drag).on_hover_text(about_term(term)).changed();
                        if edited {
                            config.reward.terms.insert(term, weight);
                            config.reward.terms.retain(|_, weight| *weight != 0.0);
                            changed = true;
                        }
                        let name = term.name().replace('_', " ");
                        let label = if weight == 0.0 { ui.weak(name) } else { ui.strong(name) };
                        label.on_hover_text(about_term(term));
                    });
                });
            }
        });
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_said() {
        for (text, number) in
            [("0.5", Some(0.5)), (" 1e-3 ", Some(1e-3)), ("−2", Some(-2.0)), ("", None), ("nan", None)]
        {
            let typed = Typed::default();
            assert_eq!(typed.number(text), number);
            assert_eq!(typed.read().map(|told| told.is_ok()), Some(number.is_some()).filter(|_| !text.is_empty()));
        }
        let typed = Typed::default();
        typed.number("1,5");
        assert_eq!(typed.read(), Some(Err("`1,5` is no number, and changes nothing.".to_owned())));
        assert_eq!(Typed::default().read(), None);
    }

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.002, 0.99, 1e-5, 2.5e-4, -3.0, 1000.0].map(real_text);
        assert_eq!(texts, ["0", "0.002", "0.99", "1e-5", "2.5e-4", "-3", "1000"]);
    }
}
