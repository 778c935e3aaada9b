//! The panels that look into the stage: they draw in every state, and ask for what they show and nothing else.

use bevy_egui::egui::{Context, RawInput, vec2};
use primordia::app::panes::Panes;
use primordia::app::panes::inspector::inspect;
use primordia::app::stage::StageView;
use primordia::app::state::{Desk, Latest};
use primordia::app::{overlays, panes};
use primordia::engine::{Aftermath, Field, FieldMap, Inspection, Vote};
use primordia::session::{Command, Inspected, Overlaid, Overlay, Query, ToStage};
use primordia::spec::config::{Config, Directions};
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::measures::measured;

use crate::{draw, picture, seen};

/// The number of a pane.
fn named(panes: &Panes, title: &str) -> usize {
    panes.iter().position(|(about, _)| about.title == title).expect("there is such a pane")
}

/// A cell with all its windows, or one on a border that was set by hand.
fn inspection(inside: bool, layers: usize, heads: usize) -> Inspection {
    let vote = Vote { logits: [-1e3; 10], probabilities: [0.1; 10], colour: 9, log_prob: -1e-7, adds: [-12.5; 10] };
    let after = Aftermath { terms: [-1e9; 8], reward: f32::NAN, credit: Some(0.0), advantage: Some(-1e-9) };
    Inspection {
        row: 1023,
        column: 1000,
        step: u32::MAX,
        window: inside.then_some([9; 9]),
        votes: std::array::from_fn(|k| (inside || k == 8).then(|| vote.clone())),
        bias: [0.0; 10],
        logits: [1e4; 10],
        probabilities: [0.1; 10],
        colour: 0,
        log_prob: f32::NEG_INFINITY,
        attention: if inside { vec![vec![[[1.0 / 9.0; 9]; 9]; heads]; layers] } else { Vec::new() },
        value: inside.then_some(1e6),
        after: inside.then_some(after),
    }
}

#[test]
fn they_draw_in_every_state_and_fit_their_place() {
    let mut seen = seen(Config::default(), 1);
    let mut desk = Desk::new((24, 24));
    let mut panes = panes::all(&seen, &mut desk);
    let [inspector, measures] = ["Inspector", "Measures"].map(|title| named(&panes, title));
    for dark in [true, false] {
        for found in [None, Some(inspection(true, 4, 16)), Some(inspection(true, 1, 1)), Some(inspection(false, 1, 4))]
        {
            seen.latest = Latest::default();
            if let Some(found) = found {
                seen.latest.put(Box::new(picture(0, Grid::filled(8, 5, 0))));
                seen.latest.put(Box::new(Inspected { epoch: 0, update: u32::MAX, shown: Some(9), found }));
            }
            let used = draw(vec2(260.0, 690.0), dark, |ui| panes[inspector].1.ui(ui, &seen, &mut desk));
            assert!(used.x <= 261.0 && used.y <= 691.0, "the inspector takes {used}");
        }
        for directions in [Directions::Four, Directions::Eight] {
            seen.applied.reward.directions = directions;
            panes = panes::all(&seen, &mut desk);
            for steps in [0, 1, 500] {
                let ctx = Context::default();
                for step in 0..steps {
                    let grid = Grid { height: 3, width: 3, cells: (0..9).map(|i| (i + step as u8) % 10).collect() };
                    seen.latest.put(Box::new((0_u32, measured(&grid, &grid, directions, Boundary::Torus, step))));
                    let _ = ctx.run_ui(RawInput::default(), |ui| panes[measures].1.ui(ui, &seen, &mut desk));
                }
                let used = draw(vec2(260.0, 690.0), dark, |ui| panes[measures].1.ui(ui, &seen, &mut desk));
                assert!(used.x <= 261.0 && used.y <= 691.0, "the measures take {used}");
            }
        }
    }
}

#[test]
fn overlays_draw_what_has_come_and_say_why_not() {
    let mut seen = seen(Config::default(), 1);
    seen.latest.put(Box::new(picture(0, Grid::filled(8, 5, 0))));
    let (mut desk, mut stage) = (Desk::new((24, 24)), StageView::default());
    let panes = panes::all(&seen, &mut desk);
    desk.commands.clear();
    let values: Vec<f32> = (0..40).map(|i| if i % 7 == 0 { f32::NAN } else { i as f32 - 9.0 }).collect();
    let map = FieldMap { values, ways: (0..40).collect() };
    overlays::next(&mut desk);
    let mut wanted = vec![asked(&panes, &mut desk)];
    while let Some(overlay) = desk.overlay {
        for map in [Ok(map.clone()), Err("There is none.".to_owned())] {
            seen.latest.put(Box::new(Overlaid { epoch: 0, overlay, size: (8, 5), map }));
            draw(vec2(640.0, 690.0), true, |ui| stage.ui(ui, &seen, &mut desk));
        }
        overlays::next(&mut desk);
        wanted.push(asked(&panes, &mut desk));
    }
    assert_eq!(wanted.len(), 9, "eight overlays, then none");
    assert_eq!(wanted[0], Some(vec![Query::Overlay(Overlay::Field(Field::Reward))]));
    assert_eq!(wanted[8], Some(Vec::new()));
}

/// What the session is to look into instead of what it was asked by the last call, if that is something else.
fn asked(panes: &Panes, desk: &mut Desk) -> Option<Vec<Query>> {
    panes::look(panes, desk);
    let wanted = desk.commands.pop().map(|command| match command {
        Command::Stage(ToStage::Look(wanted)) => wanted,
        other => panic!("{other:?} was not asked for"),
    });
    assert!(desk.commands.is_empty(), "once");
    wanted
}

#[test]
fn only_what_is_in_view_is_asked_for() {
    let mut desk = Desk::new((24, 24));
    let panes = panes::all(&seen(Config::default(), 1), &mut desk);
    desk.commands.clear();
    desk.under = Some((3, 4));
    assert_eq!(asked(&panes, &mut desk), None);
    inspect(&mut desk);
    assert_eq!(asked(&panes, &mut desk), Some(vec![Query::Cell((3, 4))]));
    assert_eq!(asked(&panes, &mut desk), None, "once");
    inspect(&mut desk);
    desk.under = Some((5, 6));
    assert_eq!(asked(&panes, &mut desk), None, "it is pinned");
    inspect(&mut desk);
    assert_eq!(asked(&panes, &mut desk), Some(vec![Query::Cell((5, 6))]));
    panes[named(&panes, "Measures")].0.open(&mut desk);
    assert_eq!(asked(&panes, &mut desk), Some(vec![Query::Measures]));
    desk.panels = false;
    assert_eq!(asked(&panes, &mut desk), Some(Vec::new()));
}
