//! Clips of what the stage has shown: its states are on the timeline already, and a thread of its own writes them.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::mail::Post;
use super::message::Event;
use super::thread::{self, panic_message, sentence};
use super::timeline::Packed;
use crate::files::clip::{Clip, ClipFormat, Delay, Drawing, write_clip};
use crate::files::stamp::Stamp;
use crate::files::{self, FileError, caption};
use crate::spec::draw::Area;
use crate::spec::grid::Grid;

/// How often progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Which states a clip shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// The last so many.
    Last(usize),
    /// Those since recording began, which ends it.
    Recorded,
}

/// A clip to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipOrder {
    /// The file, or the folder of PNGs.
    pub path: PathBuf,
    /// What it is written as.
    pub format: ClipFormat,
    /// Which states.
    pub frames: Frames,
    /// A part of the stage; none: all of it.
    pub area: Option<Area>,
    /// Pixels of a cell's side.
    pub scale: usize,
    /// Time from frame to frame.
    pub delay: Delay,
    /// Whether a line under each frame names its update, step and seed.
    pub caption: bool,
}

/// What the line under a frame says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    pub(super) update: u32,
    pub(super) step: u32,
    pub(super) seed: u32,
}

/// The thread that writes a clip.
pub(super) struct Writer {
    thread: JoinHandle<()>,
    cancelled: Arc<AtomicBool>,
}

impl Writer {
    /// Begins to write; how it goes is told in events.
    pub(super) fn start(
        order: ClipOrder,
        states: Vec<(Packed, Label)>,
        stamp: Stamp,
        mut events: Post<Event>,
    ) -> std::io::Result<Self> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&cancelled);
        let thread = thread::spawn("clip", true, move || {
            let written = catch_unwind(AssertUnwindSafe(|| write(&order, &states, &stamp, &asked, &mut events)));
            events.send(match written {
                Err(panic) => Event::ClipFailed(format!(
                    "The clip's writer broke off ({}); nothing of it was kept. Try again, or another format.",
                    panic_message(&*panic)
                )),
                Ok(Ok(())) => Event::ClipWritten { path: order.path, frames: states.len() },
                Ok(Err(FileError::Cancelled { .. })) => Event::ClipCancelled,
                Ok(Err(error)) => Event::ClipFailed(sentence(&error)),
            });
        })?;
        Ok(Self { thread, cancelled })
    }

    /// Whether it still writes.
    pub(super) fn is_writing(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Has it stop; nothing of the clip stays.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Waits until the clip is whole.
    pub(super) fn finish(self) {
        if self.thread.join().is_err() {
            log::error!("the clip's thread ended with a panic");
        }
    }
}

fn write(
    order: &ClipOrder,
    states: &[(Packed, Label)],
    stamp: &Stamp,
    cancelled: &AtomicBool,
    events: &mut Post<Event>,
) -> Result<(), FileError> {
    files::make_folder_of(&order.path)?;
    let shown = |packed: &Packed| {
        let grid = packed.grid();
        // What of it lies on a stage that had another size by then.
        let corner = |area: Area| ((area.top + area.height) as i32 - 1, (area.left + area.width) as i32 - 1);
        let area = order.area.and_then(|area| Area::between(area.corner(), corner(area), &grid));
        area.map_or(grid.clone(), |area| area.cut(&grid))
    };
    let grids: Vec<Grid> = states.iter().map(|(packed, _)| shown(packed)).collect();
    let line = |frame: usize| {
        let Label { update, step, seed } = states[frame].1;
        format!("update {update}  step {step}  seed {seed}")
    };
    let scale = order.scale.max(1);
    let longest = (0..states.len()).map(line).max_by_key(String::len).unwrap_or_default();
    let size = grids.first().map_or((0, 0), |grid| caption::size((grid.height, grid.width), scale, &longest));
    let draw = |frame: usize| caption::draw(&grids[frame], scale, &line(frame), size);
    let drawing = Drawing { size, palette: &caption::CAPTIONED, draw: &draw };
    let clip = Clip { states: &grids, scale, delay: order.delay, stamp, drawing: order.caption.then_some(drawing) };
    let mut reported: Option<Instant> = None;
    write_clip(&order.path, order.format, &clip, &mut |done, of| {
        if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
            reported = Some(Instant::now());
            events.send(Event::ClipProgress { done, of });
        }
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}
