//! Clips of what the stage has shown: its states are on the timeline already, and a thread of its own writes them.

use std::cell::RefCell;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::command::ClipOrder;
use super::event::Event;
use super::frames::{Maps, Reel};
use super::look::Overlay;
use super::mail::Post;
use super::thread::{self, panic_message, sentence};
use super::timeline::Moment;
use crate::canvas::Area;
use crate::engine::FieldMap;
use crate::files::clip::{Clip, Drawing, write_clip};
use crate::files::stamp::Stamp;
use crate::files::{self, FileError};
use crate::picture::scale::number;
use crate::picture::{caption, enlarged, overlay};
use crate::spec::grid::Grid;

/// How often progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// The thread that writes a clip.
pub(super) struct Writer {
    thread: JoinHandle<()>,
    cancelled: Arc<AtomicBool>,
}

impl Writer {
    /// Begins to write; how it goes is told in events.
    pub(super) fn start(order: ClipOrder, reel: Reel, stamp: Stamp, mut events: Post<Event>) -> std::io::Result<Self> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&cancelled);
        let thread = thread::spawn("clip", true, move || {
            let written = catch_unwind(AssertUnwindSafe(|| write(&order, &reel, &stamp, &asked, &mut events)));
            events.send(match written {
                Err(panic) => Event::ClipFailed(format!(
                    "The clip's writer broke off ({}); nothing of it was kept. Try again, or another format.",
                    panic_message(&*panic)
                )),
                Ok(Ok(())) => Event::ClipWritten { path: order.path, frames: reel.moments.len() - reel.lead },
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
    reel: &Reel,
    stamp: &Stamp,
    cancelled: &AtomicBool,
    events: &mut Post<Event>,
) -> Result<(), FileError> {
    files::make_folder_of(&order.path)?;
    let frames = &reel.moments[reel.lead..];
    // What of it lies on a stage that had another size by then.
    let part = |grid: &Grid| {
        let corner = |area: Area| ((area.top + area.height) as i32 - 1, (area.left + area.width) as i32 - 1);
        let area = order.area.and_then(|area| Area::between(area.corner(), corner(area), grid));
        area.unwrap_or(Area::whole(grid))
    };
    let shown = |moment: &Moment| {
        let grid = moment.state.grid();
        part(&grid).cut(&grid)
    };
    let grids: Vec<Grid> = frames.iter().map(shown).collect();
    let line = |frame: usize, map: &str| {
        let Moment { update, step, seed, .. } = frames[frame];
        format!("update {update}  step {step}  seed {seed}{map}")
    };
    let scale = order.scale.max(1);
    let size = grids.first().map_or((0, 0), |grid| {
        let room = order.overlay.map(|overlay| legend(overlay, Some((-0.001, -0.001)))).unwrap_or_default();
        let longest = (0..frames.len()).map(|frame| line(frame, &room)).max_by_key(String::len).unwrap_or_default();
        match order.caption {
            true => caption::size((grid.height, grid.width), scale, &longest),
            false => (grid.height * scale, grid.width * scale),
        }
    });
    let palette = order.overlay.map_or(caption::CAPTIONED.to_vec(), |overlay| overlay::palette(overlay.scale()));
    let over = RefCell::new(order.overlay.map(|overlay| (overlay, Maps::new(reel, overlay), None)));
    let draw = |frame: usize| {
        let grid = &grids[frame];
        let (mut pixels, mut map) = (None, String::new());
        if let Some((overlay, maps, ends)) = &mut *over.borrow_mut() {
            if let Some(FieldMap { values, ways }) = maps.at(reel.lead + frame).map_err(io::Error::other)? {
                // As in the window, a scale follows the whole stage from state to state.
                let scaled = overlay.scale().ends(&values, *ends);
                *ends = Some(scaled);
                let whole = frames[frame].state.grid();
                let directions = reel.rules[reel.lead + frame].config.reward.directions;
                let area = part(&whole);
                let values: Vec<f32> = area.cells(whole.width).map(|cell| values[cell as usize]).collect();
                let ways: Vec<u8> =
                    area.cells(whole.width).filter_map(|cell| ways.get(cell as usize).copied()).collect();
                let layer = overlay::Layer { values: &values, ends: scaled, ways: &ways, directions };
                pixels = Some(overlay::draw(grid, scale, &layer));
            }
            map = legend(*overlay, *ends);
        }
        let pixels = pixels.unwrap_or_else(|| enlarged(grid, scale));
        Ok(if order.caption { caption::below(pixels, &line(frame, &map), size) } else { pixels })
    };
    let drawing = Drawing { size, palette: &palette, draw: &draw };
    let drawn = order.caption || order.overlay.is_some();
    let clip = Clip { states: &grids, scale, delay: order.delay, stamp, drawing: drawn.then_some(drawing) };
    let mut reported: Option<Instant> = None;
    write_clip(&order.path, order.format, &clip, &mut |done, of| {
        if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
            reported = Some(Instant::now());
            events.send(Event::ClipProgress { done, of });
        }
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// What a caption says of an overlay: its name, and the ends of its scale.
fn legend(overlay: Overlay, ends: Option<(f32, f32)>) -> String {
    let ends = ends.map(|(low, high)| format!(" {} to {}", number(low), number(high))).unwrap_or_default();
    format!("  {}{ends}", overlay.name())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::engine::Choice;
    use crate::files::clip::{Delay, Format};
    use crate::files::stamp::VERSION;
    use crate::session::command::Frames;
    use crate::spec::config::Config;

    #[test]
    fn a_panic_of_the_writer_is_told() {
        let (sender, events) = crossbeam_channel::bounded(8);
        let order = ClipOrder {
            path: PathBuf::from("x.gif"),
            format: Format::of_clip(Path::new("x.gif")).expect("a GIF is one"),
            frames: Frames::Recorded,
            area: None,
            scale: 1,
            delay: Delay::TENTH,
            overlay: None,
            caption: false,
        };
        let stamp = Stamp {
            version: VERSION.to_owned(),
            seed: 0,
            step: 0,
            greedy: false,
            update: 0,
            checkpoint: String::new(),
            config: Config::default(),
        };
        let broken = Reel { moments: Vec::new(), lead: 1, rules: Vec::new(), greedy: false, engine: Choice::Auto };
        Writer::start(order, broken, stamp, Post::new(sender)).expect("there are threads").finish();
        let said = events.try_iter().next();
        assert!(matches!(&said, Some(Event::ClipFailed(text)) if text.contains("broke off")), "{said:?}");
    }
}
