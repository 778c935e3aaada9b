//! The window's layout: bars, docks, windows, the stage between them; and what is asked of the window.

use bevy::prelude::*;
use bevy::render::view::Msaa;
use bevy::window::{MonitorSelection, PrimaryWindow, WindowEvent, WindowMode};
use bevy_egui::egui::{self, Frame, Margin, Panel, Ui, UiBuilder, vec2};
use bevy_egui::{EguiClipboard, EguiContexts, EguiPrimaryContextPass};

use super::colours::ColourMap;
use super::compare::CompareView;
use super::dialogs::Dialogs;
use super::keys::Action;
use super::pane::Dock;
use super::panes::{self, Panes};
use super::prefs::{Memory, Prefs};
use super::stage::{Sheets, StageView};
use super::state::{Ask, Desk, Notice, Scene, Seen};
use super::stats::Stats;
use super::{act, capture, edits, keys, notices, status, strip, theme, timeline, toolbar};

/// Below this width, the bars under the stage reach from edge to edge, under the panels beside it.
const WIDE: f32 = 1200.0;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Panels>()
        .insert_resource(ClearColor(Color::BLACK))
        .add_systems(Startup, spawn_camera)
        .add_systems(EguiPrimaryContextPass, (press, serve, draw).chain());
}

/// What is drawn, with its own state.
#[derive(Resource)]
struct Panels {
    panes: Panes,
    stage: StageView,
    compare: CompareView,
    dialogs: Dialogs,
    /// Whether the hint for newcomers was dismissed.
    hinted: bool,
    themed: Option<bool>,
}

impl FromWorld for Panels {
    fn from_world(world: &mut World) -> Self {
        let panes = world.resource_scope(|world, mut desk: Mut<Desk>| panes::all(world.resource(), &mut desk));
        let (stage, compare, dialogs) = Default::default();
        Self { panes, stage, compare, dialogs, hinted: false, themed: None }
    }
}

/// A camera for egui to draw on, over what the stage's have drawn.
fn spawn_camera(mut commands: Commands) {
    commands.spawn((Camera2d, Msaa::Off));
}

/// Takes in what hands do; what they hold down stays held from frame to frame.
fn press(
    mut contexts: EguiContexts,
    mut events: MessageReader<WindowEvent>,
    mut held: Local<egui::Modifiers>,
    panels: Res<Panels>,
    seen: Res<Seen>,
    mut desk: ResMut<Desk>,
) -> Result {
    let (strokes, pressed) = keys::strokes(events.read(), &mut held);
    desk.pressed = pressed;
    if !panels.dialogs.is_open() {
        act::handle(contexts.ctx_mut()?, &strokes, &seen, &mut desk);
    }
    Ok(())
}

/// Does what was asked for in the last pass, or by a key in this one.
fn serve(
    mut contexts: EguiContexts,
    mut clipboard: ResMut<EguiClipboard>,
    mut panels: ResMut<Panels>,
    mut seen: ResMut<Seen>,
    mut desk: ResMut<Desk>,
    mut window: Single<&mut Window, With<PrimaryWindow>>,
    mut commands: Commands,
) -> Result {
    let ctx = contexts.ctx_mut()?;
    for ask in std::mem::take(&mut desk.asks) {
        match ask {
            Ask::Capture(path, part) => capture::take(path, part, ctx, &mut commands),
            Ask::Copy(text) => ctx.copy_text(text),
            Ask::Dialog(dialog) => panels.dialogs.open(dialog, &seen),
            Ask::Fit => panels.stage.fit(),
            Ask::FullScreen => {
                window.mode = match window.mode {
                    WindowMode::Windowed => WindowMode::BorderlessFullscreen(MonitorSelection::Current),
                    _ => WindowMode::Windowed,
                };
            }
            Ask::Notice(notice) => seen.notify(notice),
            Ask::Paste => edits::paste(clipboard.get_text().as_deref(), &mut desk),
            Ask::Quit => {
                // The workers save what there is when the app ends.
                commands.write_message(AppExit::Success);
            }
            Ask::Adopt(_) | Ask::Record => {
                panels.panes.iter_mut().for_each(|(_, pane)| pane.serve(&ask, &seen, &mut desk));
            }
        }
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
    mut sheets: ResMut<Sheets>,
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
    bar(Panel::top("top"), 42.0).show(&mut root, |ui| toolbar::top(ui, seen, desk));
    bar(Panel::bottom("status"), 26.0).show(&mut root, |ui| status::ui(ui, seen, desk, &stats));
    let wide = root.max_rect().width() >= WIDE;
    if !wide {
        bars(&mut root, seen, desk);
    }
    if desk.panels && desk.drawing {
        let side = Frame::new().inner_margin(Margin { left: 10, right: 10, top: 8, bottom: 4 });
        for (dock, panel) in [
            (Dock::Left, Panel::left("left").default_size(280.0).size_range(220.0..=480.0)),
            (Dock::Right, Panel::right("right").default_size(340.0).size_range(330.0..=460.0)),
        ] {
            panel.frame(side).show(&mut root, |ui| {
                within(ui, |ui| docked(dock, ui, &mut panels.panes, seen, desk));
            });
        }
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
                let rest = if seen.learning { "learning goes on" } else { "learning is paused" };
                ui.weak(format!(
                    "Drawing is off, and {rest}.\nTick \"draw\" below to draw again ({}).",
                    desk.keys.text(Action::Draw)
                ));
            });
        }
        // Notices lie over the stage, whose cells stay where they are when one comes or goes; and over every window,
        // since one may be the answer to what was done there.
        let notices = egui::Area::new("notices".into()).order(egui::Order::Foreground);
        notices.fixed_pos(stage.min).constrain(false).show(&ctx, |ui| {
            ui.set_width(stage.width());
            notices::ui(&mut panels.hinted, ui, seen, desk);
        });
    });
    let prefs = Prefs { dark: desk.dark, golly: desk.keys.golly(), colours: ColourMap::of(&ctx) };
    if let Err(error) = memory.keep(prefs) {
        seen.notify(Notice::Error(format!("The theme and keys are not remembered: {error}.")));
    }
    panels.dialogs.ui(&ctx, desk);
    windows(&ctx, &mut panels.panes, seen, desk);
    panes::look(&panels.panes, desk);
    sheets.show([&mut panels.stage.sheet, &mut panels.compare.sheet]);
    if !desk.asks.is_empty() {
        ctx.request_repaint();
    }
    Ok(())
}

/// A panel of one line.
fn bar(panel: Panel, height: f32) -> Panel {
    panel.exact_size(height).resizable(false).frame(Frame::new().inner_margin(Margin::symmetric(12, 0)))
}

/// The bars under the stage.
fn bars(root: &mut Ui, seen: &Seen, desk: &mut Desk) {
    bar(Panel::bottom("tools"), 36.0).show(root, |ui| toolbar::bottom(ui, seen, desk));
    if desk.scene == Scene::Stage && desk.drawing {
        bar(Panel::bottom("timeline"), 32.0).show(root, |ui| timeline::ui(ui, seen, desk));
    }
}

/// The panes at one side of the stage: their tabs, and the one that is in view.
fn docked(dock: Dock, ui: &mut Ui, panes: &mut Panes, seen: &Seen, desk: &mut Desk) {
    ui.horizontal(|ui| {
        for (about, _) in panes.iter().filter(|(about, _)| about.dock == dock) {
            let tab = ui.selectable_label(about.is_seen(desk), about.title);
            if tab.on_hover_text(about.tooltip(&desk.keys)).clicked() {
                about.open(desk);
            }
        }
    });
    ui.separator();
    let Some((about, pane)) = panes.iter_mut().find(|(about, _)| about.dock == dock && about.is_seen(desk)) else {
        return;
    };
    if about.height == 0.0 {
        return pane.ui(ui, seen, desk);
    }
    let size = vec2(ui.available_width(), ui.available_height().max(about.height));
    egui::ScrollArea::vertical().id_salt(about.title).auto_shrink(false).show(ui, |ui| {
        ui.allocate_ui(size, |ui| pane.ui(ui, seen, desk));
    });
}

/// The panes that are open in windows of their own; Escape closes them.
fn windows(ctx: &egui::Context, panes: &mut Panes, seen: &Seen, desk: &mut Desk) {
    for (about, pane) in panes.iter_mut().filter(|(about, _)| about.dock == Dock::Window) {
        let mut open = about.is_seen(desk);
        if !open {
            continue;
        }
        let window = egui::Window::new(about.title).open(&mut open).collapsible(false).resizable(false);
        pane.place(window, ctx).show(ctx, |ui| pane.ui(ui, seen, desk));
        if !open || ctx.input(|input| input.key_pressed(egui::Key::Escape)) {
            about.close(desk);
        }
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
