//! A control for each kind of setting: numbers by their range, the others by what they are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bevy_egui::egui::emath::Numeric;
use bevy_egui::egui::{ComboBox, DragValue, Slider, TextEdit, Ui, vec2};

use crate::spec::config::{Config, Credit, Directions, Start, Term};
use crate::spec::grid::Boundary;
use crate::spec::settings::{Range, Setting, Value};

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
    let range = &setting.range;
    match setting.value(config) {
        Value::Real(value) => real(ui, value, range, width, typed),
        Value::Count(value) => {
            let changed = whole(ui, value, range, width, typed);
            *value = value.next_multiple_of(range.step);
            changed
        }
        Value::Number(value) => whole(ui, value, range, width, typed),
        Value::Switch(value) => ui.checkbox(value, "").changed(),
        Value::Size((height, width)) => {
            let mut side = |value| ui.add(typed.drag(value).range(range.min..=range.max).speed(0.2)).changed();
            side(height) | side(width)
        }
        Value::Boundary(boundary) => choice(
            ui,
            boundary,
            &[
                (Boundary::Torus, "Torus", "The edges meet."),
                (Boundary::Bounded, "Bounded", "Windows lie wholly inside the grid."),
            ],
        ),
        Value::Start(value) => start(ui, value, range, width, typed),
        Value::Directions(directions) => choice(
            ui,
            directions,
            &[
                (Directions::Four, "Four", "Up, left, right, down."),
                (Directions::Eight, "Eight", "Those and the diagonals."),
            ],
        ),
        Value::Credit(value) => credit(ui, value, range, typed),
        Value::Terms(weights) => terms(ui, weights, range, typed),
        Value::Picture(picture) => {
            let mut path = picture.clone().unwrap_or_default();
            path_of(ui, &mut path, width, ("The picture's path.", "the built-in emblem"));
            let named = Some(path).filter(|path| !path.trim().is_empty());
            named != std::mem::replace(picture, named.clone())
        }
    }
}

/// A setting with the digits that it has been given, up to four after the point.
fn real_text(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) {
        return format!("{value:.2e}").replace(".00e", "e").replace("0e", "e");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn real(ui: &mut Ui, value: &mut f32, range: &Range, width: f32, typed: &Typed) -> bool {
    ui.spacing_mut().slider_width = width - 64.0;
    let slider = Slider::new(value, range.min as f32..=range.max as f32)
        .logarithmic(range.log || (range.min >= 0.0 && range.max > 1.0))
        .smallest_positive(range.min.max(1e-4))
        .custom_formatter(|value, _| real_text(value))
        .update_while_editing(false)
        .custom_parser(|text| typed.number(text));
    ui.add(slider).changed()
}

fn whole<N: Numeric>(ui: &mut Ui, value: &mut N, range: &Range, width: f32, typed: &Typed) -> bool {
    let speed = if range.max <= 64.0 { 0.05 } else { 0.25 };
    let drag = typed.drag(value).range(range.min..=range.max).speed(speed);
    ui.add_sized(vec2(width.min(90.0), 20.0), drag).changed()
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

fn start(ui: &mut Ui, start: &mut Start, range: &Range, width: f32, typed: &Typed) -> bool {
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
        ui.add(typed.drag(share).range(range.min..=range.max).speed(0.005).max_decimals(3)).on_hover_text(doc);
    };
    match start {
        Start::Random => {}
        Start::Sparse(share) => share_of(ui, share, "The share of other colours."),
        Start::Picture(path) => path_of(ui, path, width - 84.0, ("The file's path.", "")),
        Start::Folder(path) => path_of(ui, path, width - 84.0, ("The folder's path.", "")),
        Start::Mixture(path, share) => {
            share_of(ui, share, "The share of the worlds that start from the folder.");
            path_of(ui, path, width - 130.0, ("The folder's path.", ""));
        }
    }
    *start != before
}

/// Each keystroke names another file, so only the finished name counts.
fn path_of(ui: &mut Ui, path: &mut String, width: f32, (doc, hint): (&str, &str)) {
    let id = ui.id().with("path");
    let mut typed = ui.data(|data| data.get_temp(id)).unwrap_or_else(|| path.clone());
    let edit = TextEdit::singleline(&mut typed).hint_text(hint).desired_width(width.max(40.0));
    let edit = ui.add(edit).on_hover_text(doc);
    if edit.has_focus() {
        ui.data_mut(|data| data.insert_temp(id, typed));
    } else {
        ui.data_mut(|data| data.remove_temp::<String>(id));
        if edit.lost_focus() {
            *path = typed;
        }
    }
}

fn credit(ui: &mut Ui, credit: &mut Credit, range: &Range, typed: &Typed) -> bool {
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
        let drag = typed.drag(radius).range(range.min..=range.max).speed(0.05);
        changed |= ui.add(drag).on_hover_text("How far around its footprint, in cells.").changed();
    }
    changed && *credit != before
}

/// A weight for each term; a term of weight 0 is left out.
fn terms(ui: &mut Ui, weights: &mut BTreeMap<Term, f32>, range: &Range, typed: &Typed) -> bool {
    let mut changed = false;
    let column = ui.available_width() / 2.0;
    for pair in Term::ALL.chunks(2) {
        ui.horizontal(|ui| {
            for &term in pair {
                let mut weight = weights.get(&term).copied().unwrap_or(0.0);
                ui.allocate_ui(vec2(column - 8.0, 22.0), |ui| {
                    ui.set_min_width(column - 8.0);
                    ui.horizontal(|ui| {
                        let drag = typed.drag(&mut weight).range(range.min..=range.max).speed(0.01).max_decimals(3);
                        let edited = ui.add_sized(vec2(46.0, 20.0), drag).on_hover_text(term.doc()).changed();
                        if edited {
                            weights.insert(term, weight);
                            weights.retain(|_, weight| *weight != 0.0);
                            changed = true;
                        }
                        let name = term.name().replace('_', " ");
                        let label = if weight == 0.0 { ui.weak(name) } else { ui.strong(name) };
                        label.on_hover_text(term.doc());
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
