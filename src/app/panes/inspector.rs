//! A cell taken apart: the votes for it, what each adds, what is drawn, and how its window attends.

use bevy_egui::egui::{
    self, Align2, Color32, FontId, Grid, Label, Pos2, Rect, Response, RichText, ScrollArea, Sense, Stroke, StrokeKind,
    Ui, Vec2, pos2, vec2,
};

use crate::app::colours::ColourMap;
use crate::app::keys::Action;
use crate::app::overlays::ramp;
use crate::app::pane::{About, Dock, Pane};
use crate::app::state::{Desk, Seen};
use crate::engine::{Inspection, Vote};
use crate::picture::scale::number;
use crate::session::{Inspected, Query};
use crate::spec::config::Term;
use crate::spec::{COLOURS, SLOTS};

/// The side of a cell of an attention map, in points.
const ATTENTION_CELL: f32 = 7.0;

pub(crate) const ABOUT: About = About {
    key: Some(Action::Inspect),
    ..About::new(Dock::Left, "Inspector", "Why a cell gets its colour: votes, logits, attention, value")
};

/// The cell under the cursor, or the pinned one.
pub struct Inspector;

impl Pane for Inspector {
    fn query(&self, desk: &Desk) -> Option<Query> {
        desk.pinned.or(desk.under).map(Query::Cell)
    }

    fn ui(&mut self, ui: &mut Ui, seen: &Seen, desk: &mut Desk) {
        let epoch = seen.picture().map(|picture| picture.epoch);
        let inspected = seen.latest.get::<Inspected>().filter(|inspected| Some(inspected.epoch) == epoch);
        pin(ui, inspected.map(|inspected| &inspected.found), desk);
        let Some(inspected) = inspected else {
            ui.add_space(4.0);
            let text = match desk.pinned.or(desk.under) {
                Some(_) => "The cell is being taken apart …".to_owned(),
                None => format!(
                    "Move the cursor over the stage: the cell under it is taken apart here, as the world runs. A key \
                     pressed there ({}) pins the cell, and lets it go again.",
                    desk.keys.text(Action::Inspect)
                ),
            };
            ui.weak(text);
            return;
        };
        ScrollArea::vertical().id_salt("inspector").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            let found = &inspected.found;
            summary(ui, seen, found);
            proposals(ui, found);
            parts(ui, found);
            next_colour(ui, inspected);
            attention(ui, found);
        });
    }
}

/// Opens the inspector; where it is open, pins the cell under the cursor or lets the pinned one go.
pub fn inspect(desk: &mut Desk) {
    if ABOUT.is_seen(desk) {
        desk.pinned = if desk.pinned.is_some() { None } else { desk.under };
    } else {
        ABOUT.open(desk);
    }
}

/// Which cell, and the button that pins it.
fn pin(ui: &mut Ui, found: Option<&Inspection>, desk: &mut Desk) {
    ui.horizontal(|ui| {
        let cell = desk.pinned.or(desk.under);
        let text = match (found, cell) {
            (Some(found), _) => format!("Row {}, column {}", found.row, found.column),
            (None, Some((row, column))) => format!("Row {row}, column {column}"),
            (None, None) => "No cell yet".to_owned(),
        };
        ui.label(RichText::new(text).strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut pinned = desk.pinned.is_some();
            let key = desk.keys.text(Action::Inspect);
            let doc = format!("Stay at this cell instead of following the cursor ({key} over a cell).");
            if ui.add_enabled(cell.is_some(), egui::Checkbox::new(&mut pinned, "pinned")).on_hover_text(doc).changed() {
                desk.pinned = if pinned { cell } else { None };
            }
        });
    });
}

fn heading(ui: &mut Ui, text: &str, doc: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(text).strong()).on_hover_text(doc);
}

/// Its window, and what it is worth.
fn summary(ui: &mut Ui, seen: &Seen, found: &Inspection) {
    ui.horizontal_top(|ui| {
        let doc = "The cell's own window, the 3×3 cells around it: all that an agent sees.";
        match &found.window {
            Some(window) => {
                let (rect, response) = ui.allocate_exact_size(Vec2::splat(54.0), Sense::hover());
                for (k, &cell) in window.iter().enumerate() {
                    let at = rect.min + vec2((k % 3) as f32, (k / 3) as f32) * 18.0;
                    ui.painter().rect_filled(
                        Rect::from_min_size(at, Vec2::splat(17.0)),
                        1.0,
                        ColourMap::of(ui.ctx()).colour(cell.into()),
                    );
                }
                let middle = Rect::from_min_size(rect.min + Vec2::splat(18.0), Vec2::splat(17.0));
                ui.painter().rect_stroke(middle, 1.0, (1.5, ui.visuals().strong_text_color()), StrokeKind::Outside);
                response.on_hover_text(doc);
            }
            None => {
                let text = RichText::new("a border: no\nwindow of\nits own").small();
                ui.label(text)
                    .on_hover_text("On a bounded grid, windows lie wholly inside: cells on the border have none.");
            }
        }
        Grid::new("worth").num_columns(2).spacing([10.0, 1.0]).show(ui, |ui| {
            let mut row = |name: &str, value: Option<f32>, doc: &str| {
                ui.label(RichText::new(name).small()).on_hover_text(doc);
                let text = value.map_or_else(|| "–".to_owned(), number);
                ui.label(RichText::new(text).monospace()).on_hover_text(doc);
                ui.end_row();
            };
            let after = found.after.as_ref();
            row("value V", found.value, "The return that the critic foresees at the cell's own window.");
            row("reward", after.map(|after| after.reward), &reward_doc(seen, found));
            row(
                "credit",
                after.and_then(|after| after.credit),
                "What the cell's own window was paid for the last step: the rewards near it, or the grid's mean.",
            );
            row(
                "advantage, one step",
                after.and_then(|after| after.advantage),
                "r + γV(after) − V(before) of the last step: better or worse than foreseen. The learner's advantages \
                 sum such errors over a rollout (GAE), which the stage does not keep.",
            );
        });
    });
    if found.after.is_none() {
        ui.label(RichText::new("The state was set by hand: a step tells reward, credit and advantage.").weak().small());
    }
}

/// The terms that the reward is made of.
fn reward_doc(seen: &Seen, found: &Inspection) -> String {
    let mut text =
        "What the last step earned here: the 2×2 block with this cell at its upper left, and the cell.".to_owned();
    let Some(after) = &found.after else { return text };
    for term in Term::ALL.into_iter().filter(|&term| seen.applied.weight(term) != 0.0) {
        let (weight, value) = (seen.applied.weight(term), after.terms[term as usize]);
        text += &format!("\n{}: {} × weight {}", term.name(), number(value), number(weight));
    }
    text
}

/// The nine votes, laid out as the windows lie around the cell.
fn proposals(ui: &mut Ui, found: &Inspection) {
    heading(
        ui,
        "Nine proposals for this cell",
        "Each window that covers the cell proposes a colour for it: bars are its probabilities, the one with a mark is \
         drawn for the coming step. They lie as the windows lie: the middle one is the cell's own.",
    );
    let gap = 4.0;
    let width = (ui.available_width() - 2.0 * gap) / 3.0;
    let size = vec2(width, 44.0);
    let (rect, _) = ui.allocate_exact_size(vec2(3.0 * width + 2.0 * gap, 3.0 * size.y + 2.0 * gap), Sense::hover());
    for place in 0..SLOTS {
        // The window at this place has the cell in the opposite one.
        let vote = &found.votes[SLOTS - 1 - place];
        let at = rect.min + vec2((place % 3) as f32 * (width + gap), (place / 3) as f32 * (size.y + gap));
        let rect = Rect::from_min_size(at, size);
        let response = ui.interact(rect, ui.id().with(("proposal", place)), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
        match vote {
            Some(vote) => {
                bars(ui, rect.shrink(3.0), &vote.probabilities, vote.colour);
                response.on_hover_text(vote_doc(vote));
            }
            None => {
                let weak = ui.visuals().weak_text_color();
                ui.painter().text(rect.center(), Align2::CENTER_CENTER, "no window", FontId::proportional(11.0), weak);
                response.on_hover_text("Beyond the border of a bounded grid there are no windows.");
            }
        }
    }
}

fn vote_doc(vote: &Vote) -> String {
    format!("Draws colour {} (log-probability {}).\n{}", vote.colour, number(vote.log_prob), list(&vote.probabilities))
}

/// Ten probabilities as text.
fn list(probabilities: &[f32; COLOURS]) -> String {
    let lines = probabilities.iter().enumerate().map(|(c, p)| format!("colour {c}: {p:.3}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Ten bars in the colours of the palette; the drawn one has a mark below.
fn bars(ui: &Ui, rect: Rect, probabilities: &[f32; COLOURS], drawn: u8) {
    let painter = ui.painter();
    let (width, foot) = (rect.width() / COLOURS as f32, 5.0);
    let base = rect.bottom() - foot;
    painter.hline(rect.x_range(), base, Stroke::new(1.0, ui.visuals().weak_text_color()));
    for (c, &p) in probabilities.iter().enumerate() {
        let left = rect.left() + c as f32 * width;
        let height = (rect.height() - foot) * p.clamp(0.0, 1.0);
        let bar = Rect::from_min_max(pos2(left + 0.5, base - height), pos2(left + width - 0.5, base));
        painter.rect_filled(bar, 0.0, ColourMap::of(ui.ctx()).colour(c));
        if c == usize::from(drawn) {
            let mark = [vec2(0.0, 1.0), vec2(-3.5, foot), vec2(3.5, foot)].map(|v| pos2(left + width / 2.0, base) + v);
            painter.add(egui::Shape::convex_polygon(mark.to_vec(), ui.visuals().strong_text_color(), Stroke::NONE));
        }
    }
}

/// A row of what adds up to z: of the window at a place, with the colour that it votes for, or of none.
struct Part<'a> {
    place: Option<usize>,
    adds: Option<&'a [f32; COLOURS]>,
    colour: Option<u8>,
}

/// What each vote adds to z, as a table of heat: nine votes and the bias by ten colours, their sum below.
fn parts(ui: &mut Ui, found: &Inspection) {
    heading(
        ui,
        "What adds up to z",
        "g's logits for the next colour are the bias and, for each vote, a row of g's weights. Blue takes away, orange \
         adds; the sum has a scale of its own. The little squares say which window votes, and for what.",
    );
    let votes = (0..SLOTS).map(|place| {
        let vote = found.votes[SLOTS - 1 - place].as_ref();
        Part { place: Some(place), adds: vote.map(|vote| &vote.adds), colour: vote.map(|vote| vote.colour) }
    });
    let alone = |adds| Part { place: None, adds: Some(adds), colour: None };
    let rows: Vec<Part> = votes.chain([alone(&found.bias), alone(&found.logits)]).collect();
    let names = ["bias", "z"];
    let most = |rows: &[Part]| {
        rows.iter().filter_map(|row| row.adds).flatten().fold(1e-6_f32, |most, value| most.max(value.abs()))
    };
    // The sum has a scale of its own: it would outshine its parts.
    let scales = [most(&rows[..=SLOTS]), most(&rows[SLOTS + 1..])];
    let (label, height) = (38.0, 14.0);
    let width = (ui.available_width() - label) / COLOURS as f32;
    let total = (rows.len() + 1) as f32 * height + 4.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), total), Sense::hover());
    let painter = ui.painter();
    let cell = |row: usize, c: usize| {
        // The sum stands apart.
        let apart = if row == rows.len() { 4.0 } else { 0.0 };
        let at = rect.min + vec2(label + c as f32 * width, row as f32 * height + apart);
        Rect::from_min_size(at, vec2(width, height)).shrink(0.5)
    };
    for c in 0..COLOURS {
        painter.rect_filled(cell(0, c).shrink2(vec2(2.0, 3.0)), 1.0, ColourMap::of(ui.ctx()).colour(c));
    }
    let hovered = response.hover_pos();
    let mut said = None;
    for (i, &Part { place, adds, colour: drawn }) in rows.iter().enumerate() {
        let left = pos2(rect.left(), cell(i + 1, 0).center().y);
        match place {
            Some(place) => place_mark(ui, left, place, drawn.map(|drawn| ColourMap::of(ui.ctx()).colour(drawn.into()))),
            None => {
                let text = names[i - SLOTS];
                let ink = ui.visuals().text_color();
                painter.text(left, Align2::LEFT_CENTER, text, FontId::proportional(11.5), ink);
            }
        }
        for c in 0..COLOURS {
            let area = cell(i + 1, c);
            let Some(adds) = adds else { continue };
            let share = adds[c] / scales[usize::from(i > SLOTS)];
            let ink = ramp(if share < 0.0 { 0.2 } else { 0.8 }, true);
            painter.rect_filled(area, 0.0, ui.visuals().extreme_bg_color.lerp_to_gamma(ink, share.abs().sqrt()));
            if hovered.is_some_and(|at| area.contains(at)) {
                let what =
                    place.map_or_else(|| names[i - SLOTS].to_owned(), |place| format!("the {} window", PLACES[place]));
                said = Some(format!("{what}, colour {c}: {:+.3}", adds[c]));
            }
        }
    }
    if let Some(said) = said {
        response.on_hover_text_at_pointer(said);
    }
}

const PLACES: [&str; SLOTS] =
    ["upper left", "upper", "upper right", "left", "cell's own", "right", "lower left", "lower", "lower right"];

/// A 3×3 sign with one place filled, and the colour that is voted for.
fn place_mark(ui: &Ui, left: Pos2, place: usize, vote: Option<Color32>) {
    let painter = ui.painter();
    let (faint, strong) = (ui.visuals().widgets.inactive.bg_fill, ui.visuals().strong_text_color());
    for i in 0..SLOTS {
        let at = left + vec2((i % 3) as f32 * 3.0, (i / 3) as f32 * 3.0 - 4.5);
        let ink = if i == place { strong } else { faint };
        painter.rect_filled(Rect::from_min_size(at, Vec2::splat(3.0)), 0.0, ink);
    }
    if let Some(vote) = vote {
        painter.rect_filled(Rect::from_center_size(left + vec2(24.0, 0.0), Vec2::splat(10.0)), 1.0, vote);
    }
}

/// The next colour's distribution.
fn next_colour(ui: &mut Ui, inspected: &Inspected) {
    let found = &inspected.found;
    heading(
        ui,
        "Next colour",
        "The softmax of z at g's temperature; the mark shows the colour that the coming step draws. With `greedy` on it \
         is the most probable one.",
    );
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 52.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
    bars(ui, rect.shrink(4.0), &found.probabilities, found.colour);
    let log_prob = number(found.log_prob);
    response.on_hover_text(format!("The draw's log-probability: {log_prob}.\n{}", list(&found.probabilities)));
    let p = found.probabilities[usize::from(found.colour)];
    let (step, next) = (found.step, found.step.wrapping_add(1));
    let text = format!("step {step} → {next}: colour {}, probability {p:.3}", found.colour);
    ui.label(RichText::new(text).small());
    ui.label(RichText::new(format!("under the rule of update {}", inspected.update)).weak().small());
    if let Some(shown) = inspected.shown.filter(|&shown| shown != found.colour) {
        let text = format!(
            "The stage showed colour {shown} after this step: it was drawn under another rule, or with `greedy` \
             otherwise."
        );
        ui.add(Label::new(RichText::new(text).small().color(ui.visuals().warn_fg_color)).wrap());
    }
}

/// Attention maps of the cell's own window, one for each head.
fn attention(ui: &mut Ui, found: &Inspection) {
    if found.attention.is_empty() {
        return;
    }
    heading(
        ui,
        "Attention in its window",
        "For each layer and head: how much each of the window's nine cells (rows, in reading order) takes from each \
         other (columns). Each map is as bright as its greatest weight.",
    );
    for (layer, heads) in found.attention.iter().enumerate() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            for (head, map) in heads.iter().enumerate() {
                heat(ui, map).on_hover_ui_at_pointer(|ui| {
                    ui.label(format!("layer {}, head {}", layer + 1, head + 1));
                });
            }
        });
    }
}

/// A 9×9 map; what is under the cursor is told.
fn heat(ui: &mut Ui, map: &[[f32; SLOTS]; SLOTS]) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(SLOTS as f32 * ATTENTION_CELL), Sense::hover());
    let most = map.iter().flatten().fold(1e-6_f32, |most, &weight| most.max(weight));
    for (i, row) in map.iter().enumerate() {
        for (j, &weight) in row.iter().enumerate() {
            let at = rect.min + vec2(j as f32, i as f32) * ATTENTION_CELL;
            ui.painter().rect_filled(
                Rect::from_min_size(at, Vec2::splat(ATTENTION_CELL)),
                0.0,
                ramp(weight / most, false),
            );
        }
    }
    let Some(at) = response.hover_pos() else { return response };
    let place = |along: f32| ((along / ATTENTION_CELL) as usize).min(SLOTS - 1);
    let (i, j) = (place(at.y - rect.top()), place(at.x - rect.left()));
    let text = format!("the {} cell takes {:.2} from the {} one", CELLS[i], map[i][j], CELLS[j]);
    response.on_hover_text_at_pointer(text)
}

const CELLS: [&str; SLOTS] =
    ["upper left", "upper", "upper right", "left", "middle", "right", "lower left", "lower", "lower right"];
