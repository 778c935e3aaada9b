//! The window's layout: where each panel lies, the lines above the stage, the theme.

use bevy::ecs::system::SystemParam;
use bevy::prelude::*;
use bevy::render::view::Msaa;
use bevy::window::{MonitorSelection, PrimaryWindow, WindowEvent, WindowMode};
use bevy_egui::egui::{self, Frame, Margin, Panel, Ui, UiBuilder, vec2};
use bevy_egui::{EguiClipboard, EguiContexts, EguiPrimaryContextPass};

use super::charts::ChartsPanel;
use super::colours::ColourMap;
use super::compare::CompareView;
use super::dialogs::Dialogs;
use super::keys::Action;
use super::prefs::{Memory, Prefs};
use super::settings::SettingsPanel;
use super::shelf::Shelf;
use super::stage::StageView;
use super::state::{Desk, Dock, Notice, Scene, Seen, Side};
use super::stats::Stats;
use super::{clips, hand, inspector, keys, lines, measures, status, strip, theme, timeline, toolbar};

/// Below this width, the bars under the stage reach from edge to edge, under the panels beside it.
const WIDE: f32 = 1200.0;
/// The least height that all charts are told apart in.
const CHARTS: f32 = 578.0;

pub(super) struct ShellPlugin;

impl Plugin for ShellPlugin {
    fn build(&self, app: &mut App) {
        let settings = app.world().get_resource::<Seen>().map(SettingsPanel::new);
        if let Some(settings) = settings {
            app.insert_resource(Panels {
                settings,
                shelf: Shelf::default(),
                charts: ChartsPanel::default(),
                stage: StageView::default(),
                compare: CompareView::default(),
                dialogs: Dialogs::default(),
                themed: None,
            });
        }
        app.insert_resource(ClearColor(Color::BLACK))
            .add_systems(Startup, spawn_camera)
            .add_systems(EguiPrimaryContextPass, (press, draw).chain())
            .add_systems(PostUpdate, (set_mode, quit));
    }
}

/// The panels' own state.
#[derive(Resource)]
struct Panels {
    settings: SettingsPanel,
    shelf: Shelf,
    charts: ChartsPanel,
    stage: StageView,
    compare: CompareView,
    dialogs: Dialogs,
    themed: Option<bool>,
}

/// A camera for egui to draw on; it draws nothing itself.
fn spawn_camera(mut commands: Commands) {
    commands.spawn((Camera2d, Msaa::Off));
}

fn set_mode(desk: Res<Desk>, mut window: Single<&mut Window, With<PrimaryWindow>>) {
    let mode = match desk.full_screen {
        true => WindowMode::BorderlessFullscreen(MonitorSelection::Current),
        false => WindowMode::Windowed,
    };
    if window.mode != mode {
        window.mode = mode;
    }
}

/// The workers save what there is when the app ends.
fn quit(desk: Res<Desk>, mut exit: MessageWriter<AppExit>) {
    if desk.quit {
        exit.write(AppExit::Success);
    }
}

/// What hands do, in its order, and what is held down from frame to frame.
#[derive(SystemParam)]
struct Hands<'w, 's> {
    events: MessageReader<'w, 's, WindowEvent>,
    held: Local<'s, egui::Modifiers>,
}

fn press(
    mut contexts: EguiContexts,
    mut hands: Hands,
    mut clipboard: ResMut<EguiClipboard>,
    panels: Res<Panels>,
    seen: Res<Seen>,
    mut desk: ResMut<Desk>,
) -> Result {
    let (strokes, pressed) = keys::strokes(hands.events.read(), &mut hands.held);
    desk.pressed = pressed;
    if !panels.dialogs.is_open() {
        keys::handle(contexts.ctx_mut()?, &strokes, &seen, &mut desk);
    }
    if std::mem::take(&mut desk.paste) {
        hand::paste(clipboard.get_text().as_deref(), &mut desk);
    }
    Ok(())
}

fn draw(
    mut contexts: EguiContexts,
    mut panels: ResMut<Panels>,
    mut seen: ResMut<Seen>,
    mut desk: ResMut<Desk>,
    stats: Res<Stats>,
    mut memory: ResMut<Memory>,
    mut clear: ResMut<ClearColor>,
) -> Result {
    let ctx = contexts.ctx_mut()?.clone();
    let (panels, seen, desk) = (&mut *panels, &mut *seen, &mut *desk);
    if panels.themed.is_none() {
        memory.prefs().colours.choose(&ctx);
    }
    if panels.themed != Some(desk.dark) {
        theme::apply(&ctx, desk.dark);
        panels.themed = Some(desk.dark);
        // The panels' ground is the clear colour: filling each of them again would be half the cost of a frame.
        let [r, g, b, _] = ctx.global_style().visuals.panel_fill.to_array();
        clear.0 = Color::srgb_u8(r, g, b);
    }
    let builder = UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(ctx.viewport_rect());
    let mut root = Ui::new(ctx.clone(), "window".into(), builder);
    let bar = |margin| Frame::new().inner_margin(Margin::symmetric(margin, 0));
    let (top, low) = (bar(12), bar(12));
    let side = Frame::new().inner_margin(Margin { left: 10, right: 10, top: 8, bottom: 4 });
    Panel::top("top").exact_size(42.0).resizable(false).frame(top).show(&mut root, |ui| toolbar::top(ui, seen, desk));
    Panel::bottom("status").exact_size(26.0).resizable(false).frame(low).show(&mut root, |ui| {
        status::ui(ui, seen, desk, &stats);
    });
    let wide = root.max_rect().width() >= WIDE;
    if !wide {
        bars(&mut root, seen, desk);
    }
    if desk.panels && desk.drawing {
        Panel::left("charts").default_size(280.0).size_range(220.0..=480.0).frame(side).show(&mut root, |ui| {
            within(ui, |ui| dock(ui, panels, seen, desk));
        });
        Panel::right("settings").default_size(340.0).size_range(330.0..=460.0).frame(side).show(&mut root, |ui| {
            within(ui, |ui| side_panel(ui, panels, seen, desk));
        });
    }
    if wide {
        bars(&mut root, seen, desk);
    }
    if desk.scene == Scene::Stage && desk.drawing {
        let narrow = Frame::new().inner_margin(Margin { left: 5, right: 5, top: 0, bottom: 0 });
        Panel::left("strip").exact_size(strip::WIDTH).resizable(false).frame(narrow).show(&mut root, |ui| {
            strip::ui(ui, seen, desk);
        });
        if CompareView::wanted(seen) {
            let half = root.available_rect_before_wrap().width() / 2.0;
            Panel::right("rival").exact_size(half).resizable(false).frame(Frame::NONE).show(&mut root, |ui| {
                within(ui, |ui| panels.compare.ui(ui, seen, desk));
            });
        }
    }
    egui::CentralPanel::no_frame().show(&mut root, |ui| {
        let stage = ui.max_rect();
        if desk.drawing {
            panels.stage.ui(ui, seen, desk);
        } else {
            ui.centered_and_justified(|ui| {
                let rest = if seen.learning { "learning has the machine to itself" } else { "learning is paused" };
                ui.weak(format!(
                    "Drawing is off, and {rest}.\nTick \"draw\" below to draw again ({}).",
                    desk.keys.text(Action::Draw)
                ));
            });
        }
        // Over the stage: its cells stay where they are when a line comes or goes.
        // And over every window, since it may be the answer to what was done there.
        let lines = egui::Area::new("lines".into()).order(egui::Order::Foreground);
        lines.fixed_pos(stage.min).constrain(false).show(&ctx, |ui| {
            ui.set_width(stage.width());
            lines::ui(ui, seen, desk);
        });
    });
    if let Some(config) = desk.adopt.take() {
        panels.settings.adopt(&config, seen, desk);
    }
    let prefs = Prefs { dark: desk.dark, golly: desk.keys.golly(), colours: ColourMap::of(&ctx) };
    if let Err(error) = memory.keep(prefs) {
        seen.notify(Notice::Error(format!("The theme and keys are not remembered: {error}.")));
    }
    desk.look();
    panels.dialogs.ui(&ctx, seen, desk);
    for notice in desk.notices.drain(..) {
        seen.notify(notice);
    }
    clips::window(&ctx, seen, desk);
    if desk.sheet {
        keys::sheet(&ctx, desk);
    }
    Ok(())
}

/// The bars under the stage.
fn bars(root: &mut Ui, seen: &Seen, desk: &mut Desk) {
    let frame = Frame::new().inner_margin(Margin::symmetric(12, 0));
    Panel::bottom("tools").exact_size(36.0).resizable(false).frame(frame).show(root, |ui| toolbar::bottom(ui, desk));
    if desk.scene == Scene::Stage && desk.drawing {
        Panel::bottom("timeline").exact_size(32.0).resizable(false).frame(frame).show(root, |ui| {
            timeline::ui(ui, seen, desk);
        });
    }
}

/// The panel beside the stage, with its tabs.
fn dock(ui: &mut Ui, panels: &mut Panels, seen: &Seen, desk: &mut Desk) {
    let inspect = desk.keys.doc("Why a cell gets its colour: votes, logits, attention, value", Action::Inspect);
    ui.horizontal(|ui| {
        for (dock, text, doc) in [
            (Dock::Curves, "Curves", "The run's reward, losses and more, update by update."),
            (Dock::Inspector, "Inspector", &inspect),
            (Dock::Measures, "Measures", "What the stage's steps look like: entropy, activity, lift, flow."),
        ] {
            ui.selectable_value(&mut desk.dock, dock, text).on_hover_text(doc);
        }
    });
    ui.separator();
    match desk.dock {
        Dock::Curves => tall(ui, "curves", |ui| panels.charts.ui(ui, seen, desk)),
        Dock::Inspector => inspector::ui(ui, seen, desk),
        Dock::Measures => tall(ui, "measures", |ui| measures::ui(ui, seen, desk.dark)),
    }
}

/// Charts share the panel's height, and are scrolled where that is too little for them.
fn tall(ui: &mut Ui, salt: &str, add: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), ui.available_height().max(CHARTS));
    egui::ScrollArea::vertical().id_salt(salt).auto_shrink(false).show(ui, |ui| ui.allocate_ui(size, add));
}

/// The panel at the right, with its tabs.
fn side_panel(ui: &mut Ui, panels: &mut Panels, seen: &Seen, desk: &mut Desk) {
    ui.horizontal(|ui| {
        for (side, text, doc) in [
            (Side::Settings, "Settings", "Every setting of the run."),
            (Side::Patterns, "Patterns", "Patterns to lay on the stage, and those you keep."),
        ] {
            ui.selectable_value(&mut desk.side, side, text).on_hover_text(doc);
        }
    });
    ui.separator();
    match desk.side {
        Side::Settings => panels.settings.ui(ui, seen, desk),
        Side::Patterns => panels.shelf.ui(ui, seen, desk),
    }
}

/// Fills a panel; what is too large for it is cut, and never makes it larger.
fn within(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let rect = ui.available_rect_before_wrap();
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect));
    inner.shrink_clip_rect(rect.expand(4.0));
    add(&mut inner);
    ui.advance_cursor_after_rect(rect);
}
