//! The panel of curves: acting at an update, marks, other runs.

use bevy_egui::egui::{self, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use primordia::app::pane::Pane as _;
use primordia::app::panes::charts::ChartsPanel;
use primordia::app::state::{Desk, Seen};
use primordia::files::run::{Happening, Mark};
use primordia::session::{Command, Event as Said, ToLearner, ToStage};
use primordia::spec::config::Config;

use super::{draw, metrics, seen};

/// One frame of the panel, and all texts in it with where they begin.
fn frame(
    ctx: &egui::Context,
    charts: &mut ChartsPanel,
    seen: &Seen,
    desk: &mut Desk,
    events: Vec<Event>,
) -> Vec<(String, Pos2)> {
    let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1000.0, 690.0)));
    let output = ctx.run_ui(RawInput { screen_rect, events, ..RawInput::default() }, |ui| {
        ui.set_max_size(vec2(260.0, 690.0));
        charts.ui(ui, seen, desk);
    });
    let texts = output.shapes.iter().filter_map(|shape| match &shape.shape {
        egui::Shape::Text(text) => Some((text.galley.text().to_owned(), text.pos)),
        _ => None,
    });
    texts.collect()
}

fn click(at: Pos2) -> [Vec<Event>; 3] {
    let button =
        |pressed| Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    [vec![Event::PointerMoved(at)], vec![button(true)], vec![button(false)]]
}

#[test]
fn a_click_on_a_curve_offers_to_watch_or_branch_from_that_update() {
    for (label, wanted) in [("▶ Watch this update", true), ("Branch learning from here", false)] {
        let ctx = egui::Context::default();
        let seen = seen(Config::default(), 100);
        let (mut desk, mut charts) = (Desk::new((24, 24)), ChartsPanel::default());
        desk.commands.clear();
        // In the middle of the reward's plot.
        for events in [Vec::new()].into_iter().chain(click(pos2(160.0, 200.0))).chain([Vec::new(), Vec::new()]) {
            frame(&ctx, &mut charts, &seen, &mut desk, events);
        }
        let texts = frame(&ctx, &mut charts, &seen, &mut desk, Vec::new());
        let title = texts.iter().find_map(|(text, _)| text.strip_prefix("Update ")?.parse::<u32>().ok());
        let update = title.expect("the window names the update");
        assert!((30..=70).contains(&update), "{update} is near the middle of 100");
        let at = texts.iter().find(|(text, _)| text == label).expect("it is offered").1;
        for events in click(at + vec2(4.0, 4.0)) {
            frame(&ctx, &mut charts, &seen, &mut desk, events);
        }
        match desk.commands[..] {
            [Command::Stage(ToStage::StageAt(Some(asked)))] if wanted => assert_eq!(asked, update),
            [Command::Learner(ToLearner::BranchFrom(asked))] if !wanted => assert_eq!(asked, update),
            ref other => panic!("{other:?}"),
        }
    }
}

#[test]
fn headings_tell_the_values_under_the_pointer() {
    let ctx = egui::Context::default();
    let seen = seen(Config::default(), 100);
    let (mut desk, mut charts) = (Desk::new((24, 24)), ChartsPanel::default());
    let [over, _, _] = click(pos2(160.0, 200.0));
    let mut texts = Vec::new();
    for events in [Vec::new(), over, Vec::new(), Vec::new()] {
        texts = frame(&ctx, &mut charts, &seen, &mut desk, events);
    }
    let told = texts.iter().find_map(|(text, _)| text.strip_prefix("at update ")?.parse::<u32>().ok());
    assert!(told.is_some_and(|update| (30..=70).contains(&update)), "{texts:?}");
}

#[test]
fn marks_and_other_runs_fit_the_panel_in_every_look() {
    let mut seen = seen(Config::default(), 3000);
    let change = |path: &str| Happening::Changed { path: path.into(), from: "0.2".into(), to: "0.1".into() };
    let what =
        [change("ppo.clip"), Happening::Note("a note\nof two lines".into()), Happening::Branched("run-001".into())];
    seen.apply(Said::Marks(what.into_iter().zip([5, 700, 3001]).map(|(what, update)| Mark { update, what }).collect()));
    seen.apply(Said::StageAt(Some(900)));
    seen.apply(Said::Runs(vec!["runs/run-001".into(), "runs/run-002".into()]));
    seen.apply(Said::Run { folder: "runs/run-001".into(), history: (1..=50).map(metrics).collect() });
    let (mut desk, mut charts) = (Desk::new((24, 24)), ChartsPanel::default());
    for dark in [true, false] {
        desk.dark = dark;
        let used = draw(vec2(260.0, 690.0), dark, |ui| charts.ui(ui, &seen, &mut desk));
        assert!(used.x <= 261.0 && used.y <= 691.0, "charts take {used}");
    }
}
