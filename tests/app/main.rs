//! The window's panels without a window: each draws in every state and fits its place, and keys do what they say.

mod curves;
mod look;

use std::collections::BTreeMap;

use bevy::ecs::entity::Entity;
use bevy::input::ButtonState;
use bevy::input::keyboard::{Key as Logical, KeyCode, KeyboardInput};
use bevy::input::mouse::{MouseButton, MouseButtonInput};
use bevy::window::WindowEvent;
use bevy_egui::egui::{self, Event, Key, Modifiers, RawInput, Rect, Ui, pos2, vec2};
use primordia::app::edits::{self, Change};
use primordia::app::hand::Tool;
use primordia::app::keys::{Action, Keys};
use primordia::app::pane::Dock;
use primordia::app::stage::StageView;
use primordia::app::state::{Ask, Desk, Notice, Scene, Seen};
use primordia::app::{act, keys, panes, strip, theme, toolbar};
use primordia::canvas::{self, Area, Symmetry};
use primordia::learn::Metrics;
use primordia::session::{Command, Event as Said, Picture, Record, ToLearner, ToStage};
use primordia::spec::config::{Config, Term};
use primordia::spec::grid::Grid;
use primordia::spec::presets::PRESETS;

fn metrics(update: u32) -> Metrics {
    let value = f64::from(update % 7) * 1e3 - 1e-5;
    Metrics {
        update,
        terms: Term::ALL.into_iter().map(|term| (term, -value)).collect::<BTreeMap<_, _>>(),
        policy_loss: f64::NAN,
        kl: 1e-9,
        explained_variance: -1e6,
        grad_norm: f64::INFINITY,
        ..Metrics::parse(&|_| Some(value)).expect("each column has a number")
    }
}

fn picture(step: u32, grid: Grid) -> Picture {
    Picture { epoch: 0, step, seed: 0, update: 0, grid, rival: None, record: Record::default(), painted: 0 }
}

/// A session's state after `updates` updates.
fn seen(config: Config, updates: u32) -> Seen {
    let mut seen = Seen::new(config.clone());
    seen.apply(Said::Started { config: Box::new(config), bytes: 1 << 33, updates: 0, history: Vec::new() });
    for update in 1..=updates {
        seen.apply(Said::Updated(Box::new(metrics(update))));
    }
    if updates > 0 {
        seen.latest.put(Box::new(picture(u32::MAX, Grid::filled(1024, 700, 9))));
        seen.latest.put(Box::new(vec![Grid::filled(20, 31, 3); 4096]));
    }
    seen
}

/// Three frames of a piece of interface, and how large it made itself in the last.
fn draw(size: egui::Vec2, dark: bool, mut add: impl FnMut(&mut Ui)) -> egui::Vec2 {
    let ctx = egui::Context::default();
    theme::apply(&ctx, dark);
    let mut used = egui::Vec2::ZERO;
    for _ in 0..3 {
        let input = RawInput { screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), size)), ..RawInput::default() };
        let output = ctx.run_ui(input, |ui| {
            ui.set_max_size(size);
            add(ui);
            used = ui.min_rect().size();
        });
        drop(ctx.tessellate(output.shapes, 1.0));
    }
    used
}

#[test]
fn panels_draw_in_every_state_and_fit_their_place() {
    for preset in PRESETS {
        for updates in [0, 1, 5000] {
            let seen = seen(preset.config().expect("presets are valid"), updates);
            let mut desk = Desk::new((24, 24));
            let mut panes = panes::all(&seen, &mut desk);
            let mut stage = StageView::default();
            for dark in [true, false] {
                for (about, pane) in &mut panes {
                    let (size, scrolled) = match about.dock {
                        Dock::Left => (vec2(260.0, 690.0), false),
                        Dock::Right => (vec2(320.0, 680.0), true),
                        Dock::Window => (vec2(1256.0, 690.0), true),
                    };
                    let used = draw(size, dark, |ui| pane.ui(ui, &seen, &mut desk));
                    let fits = used.x <= size.x + 1.0 && (scrolled || used.y <= size.y + 1.0);
                    assert!(fits, "{}: {} takes {used}", preset.name, about.title);
                }
                let used = draw(vec2(1256.0, 42.0), dark, |ui| toolbar::top(ui, &seen, &mut desk));
                assert!(used.x <= 1257.0, "the top bar takes {used}");
                let used = draw(vec2(636.0, 36.0), dark, |ui| toolbar::bottom(ui, &seen, &mut desk));
                assert!(used.x <= 637.0, "the lower bar takes {used}");
                let used = draw(vec2(32.0, 560.0), dark, |ui| strip::ui(ui, &seen, &mut desk));
                assert!(used.x <= 33.0 && used.y <= 561.0, "the strip takes {used}");
                for scene in [Scene::Stage, Scene::Worlds] {
                    desk.scene = scene;
                    draw(vec2(640.0, 690.0), dark, |ui| stage.ui(ui, &seen, &mut desk));
                }
            }
            assert!(
                desk.commands.iter().all(|command| matches!(command, Command::Learner(ToLearner::Share(_)))),
                "drawing asks nothing"
            );
        }
    }
}

/// The commands that follow from a key.
fn press(key: Key, modifiers: Modifiers, focus: bool) -> Vec<Command> {
    press_under(Keys::new(None), key, modifiers, focus).commands
}

/// The desk after a key was pressed under a key map.
fn press_under(map: Keys, key: Key, modifiers: Modifiers, focus: bool) -> Desk {
    let ctx = egui::Context::default();
    let seen = seen(Config::default(), 0);
    let mut desk = Desk::new((24, 24));
    desk.commands.clear();
    desk.keys = map;
    let mut text = String::new();
    for down in [None, Some(true), Some(false)] {
        let strokes = down.map(|down| keys::Stroke { key, down, held: modifiers });
        let _ = ctx.run_ui(RawInput::default(), |ui| {
            act::handle(ui.ctx(), strokes.as_slice(), &seen, &mut desk);
            let field = ui.text_edit_singleline(&mut text);
            if focus {
                field.request_focus();
            }
        });
    }
    desk
}

#[test]
fn keys_ask_for_what_their_row_says() {
    let plain = |key| press(key, Modifiers::NONE, false);
    assert!(matches!(plain(Key::Space)[..], [Command::Stage(ToStage::Play(true))]));
    assert!(matches!(plain(Key::Enter)[..], [Command::Stage(ToStage::Play(true))]));
    assert!(matches!(plain(Key::ArrowRight)[..], [Command::Stage(ToStage::StepOnce)]));
    assert!(matches!(plain(Key::L)[..], [Command::Learner(ToLearner::Learn(true))]));
    assert!(matches!(plain(Key::N)[..], [Command::Stage(ToStage::Noise(24, 24))]));
    assert!(matches!(
        plain(Key::V)[..],
        [Command::Stage(ToStage::Watch(false)), Command::Learner(ToLearner::Share(_))]
    ));
    assert!(press(Key::L, Modifiers::COMMAND, false).is_empty());
}

#[test]
fn keys_do_what_the_users_own_file_says_and_tooltips_name_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys.ron");
    std::fs::write(&file, "{ Learn: [\"Alt+F9\"], Play: [\"L\"], Fit: [\"Space\"] }").expect("it can be written");
    let mut keys = Keys::new(Some(file));
    keys.read().expect("it is valid");
    let press = |key, modifiers| press_under(keys.clone(), key, modifiers, false);
    assert!(matches!(press(Key::F9, Modifiers::ALT).commands[..], [Command::Learner(ToLearner::Learn(true))]));
    assert!(matches!(press(Key::L, Modifiers::NONE).commands[..], [Command::Stage(ToStage::Play(true))]));
    let desk = press(Key::Space, Modifiers::NONE);
    assert!(desk.asks == [Ask::Fit] && desk.commands.is_empty());
    assert_eq!(press(Key::Num3, Modifiers::NONE).hand.colour, 2);
    assert!(Tool::Select.doc(&keys).contains("(S). Ctrl+A selects all"));
    assert_eq!(keys.doc("Pause", Action::Learn), "Pause (Alt+F9).");
}

#[test]
fn what_is_held_counts_at_the_stroke_and_not_at_the_frames_end() {
    let message = |key_code, logical_key, state| {
        let window = Entity::PLACEHOLDER;
        WindowEvent::KeyboardInput(KeyboardInput { key_code, logical_key, state, text: None, repeat: false, window })
    };
    let z = |state| message(KeyCode::KeyZ, Logical::Character("z".into()), state);
    let control = |state| message(KeyCode::ControlLeft, Logical::Control, state);
    let (down, up) = (ButtonState::Pressed, ButtonState::Released);
    let press = || {
        let (button, window) = (MouseButton::Left, Entity::PLACEHOLDER);
        WindowEvent::MouseButtonInput(MouseButtonInput { button, state: down, window })
    };
    let frame = [control(down), z(down), press(), z(up), control(up), press(), z(down), control(down)];
    let mut held = Modifiers::NONE;
    let (strokes, presses) = keys::strokes(frame.iter(), &mut held);
    assert_eq!(presses.iter().map(|held| held.ctrl).collect::<Vec<_>>(), [true, false]);
    let with_control: Vec<_> = strokes.iter().map(|stroke| (stroke.key, stroke.down, stroke.held.ctrl)).collect();
    assert_eq!(with_control, [(Key::Z, true, true), (Key::Z, false, true), (Key::Z, true, false)]);
    assert!(keys::strokes([z(down)].iter(), &mut held).0[0].held.ctrl, "it is held on into the next frame");
}

#[test]
fn keys_belong_to_a_text_field_that_has_the_focus() {
    for key in [Key::Space, Key::L, Key::N, Key::V, Key::ArrowRight] {
        assert!(press(key, Modifiers::NONE, true).is_empty(), "{key:?}");
    }
}

#[test]
fn errors_outlast_notes_and_are_shown_once() {
    let mut seen = Seen::new(Config::default());
    for text in ["first", "first", "second"] {
        seen.apply(Said::Failed(text.to_owned()));
    }
    for i in 0..9 {
        seen.apply(Said::Note(i.to_string()));
    }
    let shown: Vec<_> = seen.notices.iter().map(|(notice, _)| notice.clone()).collect();
    let error = |text: &str| Notice::Error(text.to_owned());
    assert_eq!(shown, [error("first"), error("second"), Notice::Note("8".to_owned())]);
}

/// What the pointer does at a cell (row, column): `None` moves there.
type Touch = (usize, usize, Option<bool>);

/// The commands that follow, and the desk as it is left, when all of `touches` come in one frame on a stage of 24 × 24.
fn touched(grid: Grid, set: impl FnOnce(&mut Desk), modifiers: Modifiers, touches: &[Touch]) -> (Vec<Command>, Desk) {
    let ctx = egui::Context::default();
    let mut seen = seen(Config::default(), 1);
    seen.latest.put(Box::new(picture(0, grid)));
    let (mut desk, mut stage) = (Desk::new((24, 24)), StageView::default());
    desk.commands.clear();
    set(&mut desk);
    let size = vec2(252.0, 314.0);
    let events = touches.iter().map(|&(row, column, pressed)| {
        // Ten points a cell, six beside them and 44 above.
        let pos = pos2(column as f32 * 10.0 + 11.0, row as f32 * 10.0 + 49.0);
        let button = egui::PointerButton::Primary;
        pressed.map_or(Event::PointerMoved(pos), |pressed| Event::PointerButton { pos, button, pressed, modifiers })
    });
    for events in [Vec::new(), events.collect(), Vec::new()] {
        let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), size));
        let input = RawInput { screen_rect, events, ..RawInput::default() };
        let _ = ctx.run_ui(input, |ui| stage.ui(ui, &seen, &mut desk));
    }
    (std::mem::take(&mut desk.commands), desk)
}

/// The strokes among commands that are nothing else, with their gestures.
fn strokes(commands: Vec<Command>) -> Vec<(u32, Vec<(u32, u8)>)> {
    let stroke = |command| match command {
        Command::Stage(ToStage::Paint(stroke)) => (stroke.gesture, stroke.cells),
        other => panic!("{other:?} was not asked for"),
    };
    commands.into_iter().map(stroke).collect()
}

/// The cells that get painted on an empty stage.
fn painted_with(set: impl FnOnce(&mut Desk), modifiers: Modifiers, touches: &[Touch]) -> Vec<u32> {
    let (commands, _) = touched(Grid::filled(24, 24, 0), set, modifiers, touches);
    strokes(commands).into_iter().flat_map(|(_, cells)| cells).map(|(cell, _)| cell).collect()
}

fn painted(touches: &[Touch]) -> Vec<u32> {
    painted_with(|_| {}, Modifiers::NONE, touches)
}

#[test]
fn a_stroke_within_one_frame_is_painted_from_its_press_to_its_release() {
    let (press, release) = (Some(true), Some(false));
    assert_eq!(painted(&[(2, 3, None), (2, 3, press), (2, 3, release)]), [51]);
    let there_and_back = [(0, 1, None), (0, 1, press), (0, 4, None), (2, 4, None), (2, 4, release), (9, 9, None)];
    assert_eq!(painted(&there_and_back), [1, 2, 3, 4, 28, 52]);
    assert!(painted(&[(2, 3, None), (5, 5, None)]).is_empty(), "nothing is pressed");
}

/// From one cell to another with the button down.
fn drag(from: (usize, usize), to: (usize, usize)) -> [Touch; 4] {
    [(from.0, from.1, None), (from.0, from.1, Some(true)), (to.0, to.1, None), (to.0, to.1, Some(false))]
}

#[test]
fn tools_and_modifiers_draw_what_they_are_called() {
    let with = |tool, modifiers, from, to| painted_with(|desk| desk.hand.tool = tool, modifiers, &drag(from, to));
    let diagonal = [0, 25, 50, 75];
    assert_eq!(with(Tool::Line, Modifiers::NONE, (3, 3), (0, 0)), diagonal);
    assert_eq!(with(Tool::Fill, Modifiers::SHIFT, (3, 3), (0, 0)), diagonal);
    let square = [0, 1, 2, 24, 26, 48, 49, 50];
    assert_eq!(with(Tool::Rectangle, Modifiers::NONE, (0, 0), (2, 2)), square);
    assert_eq!(with(Tool::Brush, Modifiers::COMMAND, (2, 0), (0, 2)), square);
    // What was held at the press counts, not what is by the frame's end.
    let at_press = |desk: &mut Desk| desk.pressed = vec![Modifiers::SHIFT];
    assert_eq!(painted_with(at_press, Modifiers::COMMAND, &drag((3, 3), (0, 0))), diagonal);
    let filled = |desk: &mut Desk| (desk.hand.tool, desk.hand.filled) = (Tool::Ellipse, true);
    assert_eq!(painted_with(filled, Modifiers::NONE, &drag((0, 0), (4, 4))).len(), 21);
    assert_eq!(with(Tool::Fill, Modifiers::NONE, (3, 3), (3, 3)).len(), 24 * 24);
    let mirrored = |desk: &mut Desk| desk.hand.symmetry = Symmetry::Both;
    assert_eq!(painted_with(mirrored, Modifiers::NONE, &drag((0, 1), (0, 1))), [1, 22, 553, 574]);
    let spray = |desk: &mut Desk| (desk.hand.tool, desk.hand.filled, desk.hand.density) = (Tool::Rectangle, true, 0.5);
    assert!((200..376).contains(&painted_with(spray, Modifiers::NONE, &drag((0, 0), (23, 23))).len()));
}

#[test]
fn two_gestures_in_one_frame_are_undone_one_by_one() {
    let touches = [drag((0, 0), (0, 1)), drag((5, 0), (5, 0))].concat();
    let (commands, _) = touched(Grid::filled(24, 24, 0), |_| {}, Modifiers::NONE, &touches);
    assert_eq!(strokes(commands), [(1, vec![(0, 9), (1, 9)]), (2, vec![(120, 9)])]);
}

#[test]
fn the_eyedropper_takes_the_colour_up_that_lies_there() {
    for (tool, modifiers) in [(Tool::Pick, Modifiers::NONE), (Tool::Brush, Modifiers::ALT)] {
        let set = |desk: &mut Desk| desk.hand.tool = tool;
        let (commands, desk) = touched(Grid::filled(24, 24, 4), set, modifiers, &drag((3, 3), (3, 3)));
        assert!(commands.is_empty() && desk.hand.colour == 4);
    }
}

/// A stage with one cell of colour 5 at (2, 2), and what is selected around it.
fn marked(desk: &mut Desk) -> Grid {
    desk.hand.tool = Tool::Select;
    desk.hand.selection = Some(Area { top: 2, left: 2, height: 1, width: 2 });
    let mut grid = Grid::filled(24, 24, 0);
    grid.cells[50] = 5;
    grid
}

#[test]
fn a_drag_selects_and_a_drag_inside_moves_what_is_selected() {
    let select = |desk: &mut Desk| desk.hand.tool = Tool::Select;
    let (commands, desk) = touched(Grid::filled(24, 24, 0), select, Modifiers::NONE, &drag((5, 7), (3, 4)));
    assert!(commands.is_empty());
    assert_eq!(desk.hand.selection, Some(Area { top: 3, left: 4, height: 3, width: 4 }));
    let grid = marked(&mut Desk::new((24, 24)));
    let set = |desk: &mut Desk| drop(marked(desk));
    let (commands, desk) = touched(grid, set, Modifiers::NONE, &drag((2, 3), (4, 4)));
    assert_eq!(strokes(commands), [(1, vec![(50, 0), (51, 0), (99, 5), (100, 0)])]);
    assert_eq!(desk.hand.selection, Some(Area { top: 4, left: 3, height: 1, width: 2 }));
}

#[test]
fn the_selection_is_copied_as_text_turned_and_deleted() {
    let mut seen = seen(Config::default(), 1);
    let mut desk = Desk::new((24, 24));
    desk.commands.clear();
    seen.latest.put(Box::new(picture(0, marked(&mut desk))));
    edits::copy(&seen, &mut desk);
    let Some(Ask::Copy(text)) = desk.asks.pop() else { panic!("there is a selection") };
    edits::change(Change::Flip, &seen, &mut desk);
    let flipped = desk.stage(&seen).expect("there is a stage");
    assert_eq!((flipped.cells[50], flipped.cells[51]), (0, 5), "shown before the stage has it");
    edits::delete(&seen, &mut desk);
    assert_eq!(desk.stage(&seen), Some(Grid::filled(24, 24, 0)));
    let gestures: Vec<u32> =
        strokes(std::mem::take(&mut desk.commands)).into_iter().map(|(gesture, _)| gesture).collect();
    assert_eq!(gestures, [1, 2]);
    edits::paste(Some(&text), &mut desk);
    assert_eq!(desk.hand.floating, Some(Grid { height: 1, width: 2, cells: vec![5, 0] }));
    edits::change(Change::Turn, &seen, &mut desk);
    let floating = desk.hand.floating.clone();
    let (commands, desk) =
        touched(Grid::filled(24, 24, 0), |desk| desk.hand.floating = floating, Modifiers::NONE, &drag((4, 4), (4, 4)));
    assert_eq!(strokes(commands), [(1, vec![(76, 5), (100, 0)])]);
    assert_eq!((desk.hand.floating, desk.hand.selection.map(|area| area.height)), (None, Some(2)));
}

#[test]
fn four_turns_bring_everything_back_and_what_is_too_large_is_left() {
    let mut seen = seen(Config::default(), 1);
    let mut desk = Desk::new((24, 24));
    let stage = |width: usize| {
        let cells = (0..24 * width).map(|i| (i * i / 7 % 10) as u8).collect();
        Grid { height: 24, width, cells }
    };
    let before = stage(24);
    seen.latest.put(Box::new(picture(0, before.clone())));
    // In a corner, and ten rows to seven columns: a turn about its middle would leave the stage.
    let area = Area { top: 14, left: 0, height: 10, width: 7 };
    desk.hand.selection = Some(area);
    edits::change(Change::Turn, &seen, &mut desk);
    let turned = desk.stage(&seen).expect("there is a stage");
    let lies = desk.hand.selection.expect("it is selected");
    assert_eq!((lies.height, lies.width, lies.left), (7, 10, 0));
    assert_eq!(lies.cut(&turned), canvas::turned(&area.cut(&before)), "all of it is there");
    for _ in 0..3 {
        edits::change(Change::Turn, &seen, &mut desk);
    }
    assert_eq!((desk.stage(&seen), desk.hand.selection), (Some(before.clone()), Some(area)));
    for change in [Change::Flip, Change::Turn, Change::Turn, Change::Flop] {
        edits::change(change, &seen, &mut desk);
    }
    assert_eq!(desk.stage(&seen), Some(before.clone()), "a half turn is both flips");

    // After another edit it begins anew from what is there.
    edits::change(Change::Turn, &seen, &mut desk);
    edits::delete(&seen, &mut desk);
    let emptied = desk.stage(&seen).expect("there is a stage");
    edits::change(Change::Turn, &seen, &mut desk);
    let lies = desk.hand.selection.expect("it is selected");
    assert!(lies.cut(&desk.stage(&seen).expect("there is a stage")).cells.iter().all(|&cell| cell == 0));
    assert_ne!(emptied, before);

    desk = Desk::new((24, 24));
    seen.latest.put(Box::new(picture(0, stage(8))));
    desk.hand.selection = Some(Area { top: 3, left: 1, height: 10, width: 7 });
    edits::change(Change::Turn, &seen, &mut desk);
    assert_eq!(desk.stage(&seen), Some(stage(8)));
    let said = &desk.asks[..];
    assert!(matches!(said, [Ask::Notice(Notice::Note(said))] if said.contains("too small")), "{said:?}");
}

#[test]
fn what_is_moved_past_an_edge_stays_whole() {
    let grid = marked(&mut Desk::new((24, 24)));
    let set = |desk: &mut Desk| drop(marked(desk));
    let (commands, desk) = touched(grid, set, Modifiers::NONE, &drag((2, 3), (2, 0)));
    assert_eq!(strokes(commands), [(1, vec![(50, 0), (51, 0), (48, 5), (49, 0)])]);
    assert_eq!(desk.hand.selection, Some(Area { top: 2, left: 0, height: 1, width: 2 }));
}

#[test]
fn a_window_is_closed_before_a_selection_is_let_go() {
    let mut desk = Desk::new((24, 24));
    marked(&mut desk);
    let panes = panes::all(&seen(Config::default(), 1), &mut desk);
    let (clips, _) = panes.iter().find(|(about, _)| about.title == "Clips").expect("there is such a window");
    clips.open(&mut desk);
    edits::cancel(&mut desk);
    assert!(desk.hand.selection.is_some());
    clips.close(&mut desk);
    edits::cancel(&mut desk);
    assert_eq!(desk.hand.selection, None);
}

#[test]
fn what_cannot_be_pasted_or_deleted_is_said() {
    let seen = seen(Config::default(), 1);
    let mut desk = Desk::new((24, 24));
    edits::paste(Some("no pattern"), &mut desk);
    edits::paste(None, &mut desk);
    edits::delete(&seen, &mut desk);
    let is_error = |ask: &Ask| matches!(ask, Ask::Notice(Notice::Error(_)));
    assert_eq!(desk.asks.iter().map(is_error).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(desk.hand.floating, None);
}

#[test]
fn a_click_on_a_training_world_brings_it_onto_the_stage() {
    let set = |desk: &mut Desk| desk.scene = Scene::Worlds;
    let (commands, desk) = touched(Grid::filled(24, 24, 0), set, Modifiers::NONE, &drag((9, 12), (9, 12)));
    assert!(
        matches!(&commands[..], [Command::Stage(ToStage::SetStage(world)), Command::Learner(ToLearner::WatchWorlds(false))] if world.width == 31)
    );
    assert_eq!(desk.scene, Scene::Stage);
}

#[test]
fn a_new_run_starts_its_curves_afresh() {
    let mut seen = seen(Config::default(), 9);
    seen.apply(Said::Started { config: Box::new(Config::default()), bytes: 0, updates: 0, history: Vec::new() });
    assert!(seen.history.is_empty() && seen.run == 2);
}
