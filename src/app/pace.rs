//! Frame pace, what drawing costs, and a log of frame times.
//!
//! With `PRIMORDIA_FRAME_LOG=FILE` in the environment, each frame's milliseconds from start to start are written to
//! FILE, one a line.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bevy::ecs::schedule::SingleThreadedExecutor;
use bevy::prelude::*;
use bevy::render::{Render, RenderApp, RenderSystems};
use bevy::winit::{UpdateMode, WinitSettings};

use super::link::Link;
use super::state::Desk;
use super::stats::Stats;

/// Frames on a software adapter come this far apart, twice as often as the stage steps at first: every frame costs learning.
const SOFTWARE_FRAME: Duration = Duration::from_millis(50);
/// Frames while drawing is off.
const IDLE_FRAME: Duration = Duration::from_millis(500);

/// How the pace is chosen.
#[derive(Resource, Clone)]
pub(super) struct PacePlugin {
    /// Whether the adapter draws on the processor.
    pub(super) software: bool,
}

/// When the current frame began and how long the last one was at work, seen by both worlds.
#[derive(Resource, Clone)]
struct Clock(Arc<Mutex<(Instant, Duration)>>);

/// Where frame times are written.
#[derive(Resource)]
struct FrameLog(File);

impl Plugin for PacePlugin {
    fn build(&self, app: &mut App) {
        let clock = Clock(Arc::new(Mutex::new((Instant::now(), Duration::ZERO))));
        app.insert_resource(clock.clone())
            .insert_resource(self.clone())
            .insert_resource(WinitSettings::continuous())
            .init_resource::<Stats>()
            .add_systems(First, begin)
            .add_systems(Last, set_pace);
        if let Some(path) = std::env::var_os("PRIMORDIA_FRAME_LOG") {
            match File::create(&path) {
                Ok(file) => drop(app.insert_resource(FrameLog(file))),
                Err(error) => warn!("no frame log in {}: {error}", path.display()),
            }
        }
        if let Some(render) = app.get_sub_app_mut(RenderApp) {
            render.insert_resource(clock).add_systems(Render, end.after(RenderSystems::PostCleanup));
        }
    }

    /// A window's systems take microseconds each: handing them to other threads costs more than it saves.
    fn finish(&self, app: &mut App) {
        run_on_one_thread(app.main_mut());
        if let Some(render) = app.get_sub_app_mut(RenderApp) {
            run_on_one_thread(render);
        }
    }
}

fn run_on_one_thread(app: &mut SubApp) {
    for (_, schedule) in app.world_mut().resource_mut::<Schedules>().iter_mut() {
        schedule.set_executor(SingleThreadedExecutor::new());
    }
}

fn begin(clock: Res<Clock>, link: Res<Link>, mut stats: ResMut<Stats>, log: Option<ResMut<FrameLog>>) {
    let now = Instant::now();
    let (began, drawing) =
        std::mem::replace(&mut *clock.0.lock().unwrap_or_else(PoisonError::into_inner), (now, Duration::ZERO));
    let frame = now - began;
    stats.frame(frame, drawing, link.0.spent());
    if let Some(mut log) = log
        && let Err(error) = writeln!(log.0, "{:.2}", frame.as_secs_f64() * 1e3)
    {
        warn!("the frame log cannot be written: {error}");
    }
}

fn end(clock: Res<Clock>) {
    let mut clock = clock.0.lock().unwrap_or_else(PoisonError::into_inner);
    clock.1 = clock.0.elapsed();
}

fn set_pace(pace: Res<PacePlugin>, desk: Res<Desk>, mut settings: ResMut<WinitSettings>) {
    let mode = match (desk.drawing, pace.software) {
        (false, _) => UpdateMode::reactive_low_power(IDLE_FRAME),
        // Events do not make extra frames: a moving mouse would double the cost.
        (true, true) => UpdateMode::Reactive {
            wait: SOFTWARE_FRAME,
            react_to_device_events: false,
            react_to_user_events: false,
            react_to_window_events: false,
        },
        (true, false) => UpdateMode::Continuous,
    };
    if settings.focused_mode != mode {
        *settings = WinitSettings { focused_mode: mode, unfocused_mode: mode };
    }
}
