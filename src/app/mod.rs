//! L4: the window. Panes ([`pane::Pane`], listed in [`panes`]) read what the session has said ([`state::Seen`]) and leave
//! commands for it and asks of the window ([`state::Desk`]), but never touch the model; the shell lays them out.

pub mod act;
mod actions;
mod axes;
mod capture;
pub mod colours;
pub mod compare;
mod dialogs;
pub mod edits;
pub mod hand;
pub mod keys;
mod link;
mod notices;
pub mod overlays;
mod pace;
pub mod pane;
pub mod panes;
pub mod prefs;
mod shell;
pub mod stage;
pub mod state;
mod state_log;
mod stats;
pub mod status;
mod stop_menu;
pub mod strip;
pub mod theme;
pub mod timeline;
pub mod toolbar;

use std::path::PathBuf;
use std::time::Instant;

use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::pipelined_rendering::PipelinedRenderingPlugin;
use bevy::window::{PresentMode, WindowResolution};
use bevy_egui::EguiPlugin;

use crate::engine::wgsl::gpu::Gpu;
use crate::engine::{self, Choice, EngineError};
use crate::files::run;
use crate::session::{self, Beginning, Options, Runs, Session};
use crate::spec::config::Config;
use crate::spec::presets::{self, Preset};
use crate::spec::settings::ConfigError;

/// What is logged; the libraries' warnings are about the machine and none of the user's business.
const LOG: &str = "warn,arboard=error,wgpu_hal=error,winit=error,bevy_render=error,bevy_egui=error,primordia=info";
/// Bevy's exit code after a signal that asked it to end.
const SIGNALLED: u8 = 130;

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// No adapter to compute or draw on.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Nowhere to draw.
    #[error(
        "there is no display to open a window on: set DISPLAY or WAYLAND_DISPLAY, or learn without a window by \
         `primordia train`"
    )]
    NoDisplay,
    /// A built-in preset that is not valid.
    #[error("the preset cannot be read")]
    Preset(#[from] ConfigError),
    /// No threads for the workers.
    #[error("the workers cannot be started")]
    Threads(#[from] std::io::Error),
    /// The window ended by an error.
    #[error("the window closed with error code {0}")]
    Closed(u8),
}

/// Opens the window, on a file if there is one, and returns when it is closed. The engine computes; drawing takes an
/// adapter whichever it is.
///
/// # Errors
/// There is no adapter or no display, or the window fails.
pub fn run(open: Option<PathBuf>, engine: Choice) -> Result<(), AppError> {
    let unset = |name: &str| std::env::var_os(name).is_none_or(|display| display.is_empty());
    if cfg!(target_os = "linux") && unset("DISPLAY") && unset("WAYLAND_DISPLAY") {
        return Err(AppError::NoDisplay);
    }
    // Bevy panics without an adapter, so it is asked for first; the workers open their own.
    let drawn_by_software = Gpu::open().map_err(EngineError::from)?.is_software();
    let software = engine::open(engine)?.about().software;
    let preset = if software { "tiny" } else { presets::DEFAULT };
    let config = Preset::named(preset).map_or_else(|| Ok(Config::default()), Preset::config)?;
    let stage = stage::first_size(&config);
    let mut seen = state::Seen::new(config.clone());
    let checkpoint = open.as_deref().is_some_and(session::opens_run);
    if software && !checkpoint {
        let why = if drawn_by_software { "No GPU was found" } else { "The processor learns" };
        seen.notify(state::Notice::Note(format!(
            "{why}, so a small run (`tiny`) was opened. `explore` takes minutes: see \"New run from preset\"."
        )));
    }
    let mut desk = state::Desk::new(stage);
    let data = directories::ProjectDirs::from("", "", "primordia").map(|folders| folders.data_dir().to_owned());
    let runs = run::root(data.clone());
    let file = |name: &str| data.as_ref().map(|folder| folder.join(name));
    desk.keys = keys::Keys::new(file("keys.ron"));
    let memory = prefs::Memory::open(file("window.ron"));
    desk.dark = memory.prefs().dark;
    desk.keys.set_golly(memory.prefs().golly);
    if let Err(problem) = desk.keys.read() {
        seen.notify(state::Notice::Error(problem));
    }
    if !checkpoint {
        let offer = |checkpoint| state::Offer { checkpoint, since: Instant::now() };
        seen.resumable = run::checkpoints(&runs).into_iter().next().map(offer);
    }
    let trial = seen.resumable.is_some();
    let session = Session::start(Options {
        run: Beginning::New(Box::new(config)),
        stage: Some(stage),
        open,
        runs: Runs::Under(runs),
        trial,
        software,
        engine,
    })?;

    let window = Window {
        title: "Primordia".to_owned(),
        name: Some("primordia".to_owned()),
        resolution: WindowResolution::new(1280, 800),
        resize_constraints: bevy::window::WindowResizeConstraints { min_width: 960.0, min_height: 600.0, ..default() },
        // Waiting for a vertical blank that a software adapter does not have costs frames.
        present_mode: if drawn_by_software { PresentMode::AutoNoVsync } else { PresentMode::AutoVsync },
        ..default()
    };
    let exit = App::new()
        .add_plugins(
            DefaultPlugins
                .set(WindowPlugin { primary_window: Some(window), ..default() })
                .set(LogPlugin { filter: LOG.to_owned(), ..default() })
                // One frame after the other: it halves the latency, and the cost of drawing can be told.
                .disable::<PipelinedRenderingPlugin>(),
        )
        .add_plugins(EguiPlugin::default())
        .insert_resource(desk)
        .insert_resource(seen)
        .insert_resource(memory)
        .insert_resource(link::Link(session))
        .add_plugins((
            link::plugin,
            pace::PacePlugin { software: drawn_by_software },
            shell::plugin,
            stage::plugin,
            state_log::plugin,
        ))
        .run();
    match exit {
        AppExit::Success => Ok(()),
        AppExit::Error(code) if code.get() == SIGNALLED => Ok(()),
        AppExit::Error(code) => Err(AppError::Closed(code.get())),
    }
}
