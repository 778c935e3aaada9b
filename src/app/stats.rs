//! Rates and shares over the last second, for the status line.

use std::time::{Duration, Instant};

use bevy::prelude::Resource;

use crate::session::Spent;

/// How long a measurement lasts.
const SPAN: Duration = Duration::from_secs(1);

/// What the status line shows.
#[derive(Resource, Debug, Clone, Default)]
pub struct Stats {
    /// Frames a second.
    pub frames: f32,
    /// The longest frame of the last second, in milliseconds.
    pub longest: f32,
    /// Steps of the stage a second.
    pub steps: f32,
    /// Shares of the wall clock: learning, stage, drawing.
    pub shares: [f32; 3],
    begun: Option<Instant>,
    at_begin: [Duration; 2],
    steps_at_begin: u64,
    drawing: Duration,
    n_frames: u32,
    slowest: Duration,
}

impl Stats {
    /// Counts a frame that took `frame` from start to start, `drawing` of it at work.
    pub fn frame(&mut self, frame: Duration, drawing: Duration, spent: Spent) {
        self.n_frames += 1;
        self.drawing += drawing;
        self.slowest = self.slowest.max(frame);
        let span = self.begun.get_or_insert_with(Instant::now).elapsed();
        if span < SPAN {
            return;
        }
        let seconds = span.as_secs_f32();
        let sums = [spent.learning, spent.playing];
        // A long slice of work counts when it ends, and may have begun before this span.
        let share = |time: Duration| (time.as_secs_f32() / seconds).min(1.0);
        *self = Self {
            frames: self.n_frames as f32 / seconds,
            longest: self.slowest.as_secs_f32() * 1e3,
            steps: spent.steps.saturating_sub(self.steps_at_begin) as f32 / seconds,
            shares: [
                share(sums[0].saturating_sub(self.at_begin[0])),
                share(sums[1].saturating_sub(self.at_begin[1])),
                share(self.drawing),
            ],
            at_begin: sums,
            steps_at_begin: spent.steps,
            begun: Some(Instant::now()),
            ..Self::default()
        };
    }
}
