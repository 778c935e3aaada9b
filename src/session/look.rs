//! What somebody wants to see of the stage beyond its picture: a cell taken apart, a map over all cells, measures.
//!
//! Looking costs about as much as a step, so it happens at most ten times a second, takes at most a quarter of the
//! stage's time, and stops when nobody looks. Measures are taken on a thread of their own.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::mail::Latest;
use super::timeline::Packed;
use crate::engine::{EngineError, Field, FieldMap, Inspection, Player};
use crate::picture::scale::Scale;
use crate::spec::config::Directions;
use crate::spec::grid::{Boundary, Grid};
use crate::spec::measures::measured;

/// The least time between two looks.
const EVERY: Duration = Duration::from_millis(100);
/// A look is followed by so many times its length without one, up to `LONGEST`: the first makes its kernels.
const REST: u32 = 3;
/// The longest time without a look.
const LONGEST: Duration = Duration::from_millis(400);
/// What a change adds to a cell's activity; the rest of it is what is left of the activity before.
const CHANGE: f32 = 0.1;

/// What is looked into for as long as somebody shows it. Each has a type of answer, which [`super::Session::latest`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// A cell (row, column) of the stage, taken apart: [`Inspected`].
    Cell((usize, usize)),
    /// A map over the stage: [`Overlaid`].
    Overlay(Overlay),
    /// Measures of the stage's steps: [`Measured`](crate::spec::measures::Measured) with the stage's epoch.
    Measures,
}

/// A map that can be drawn over the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// Of the model or the reward.
    Field(Field),
    /// How often a cell changed lately: an exponential mean over the states shown.
    Activity,
    /// Steps since a cell last changed, as far as it was shown.
    Age,
}

impl Overlay {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(Field::Reward) => "Reward",
            Self::Field(Field::Credit) => "Credit",
            Self::Field(Field::Value) => "Value",
            Self::Field(Field::Advantage) => "Advantage (one step)",
            Self::Field(Field::ProposalEntropy) => "Entropy of f",
            Self::Field(Field::ColourEntropy) => "Entropy of g",
            Self::Activity => "Activity",
            Self::Age => "Age",
        }
    }

    /// Which number has which colour.
    pub fn scale(self) -> Scale {
        match self {
            Self::Field(Field::Reward | Field::Credit | Field::Advantage) => Scale::Signed,
            Self::Field(Field::Value) => Scale::Range,
            Self::Field(Field::ProposalEntropy | Field::ColourEntropy) | Self::Activity => Scale::Fixed(1.0),
            Self::Age => Scale::Positive,
        }
    }
}

/// An overlay, computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlaid {
    /// [`super::Picture::epoch`] of the stage that it belongs to.
    pub epoch: u32,
    /// Which.
    pub overlay: Overlay,
    /// Height and width.
    pub size: (usize, usize),
    /// The map, or why there is none.
    pub map: Result<FieldMap, String>,
}

/// A cell, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// [`super::Picture::epoch`] of the stage that it belongs to.
    pub epoch: u32,
    /// The update whose rule was asked.
    pub update: u32,
    /// The cell's colour after the coming step, where that was shown already.
    pub shown: Option<u8>,
    /// What was found.
    pub found: Inspection,
}

/// A transition for the thread that measures.
pub(super) struct Job {
    epoch: u32,
    step: u32,
    before: Grid,
    after: Grid,
    directions: Directions,
    boundary: Boundary,
}

/// Measures transitions until the stage has ended.
pub(super) fn measure(jobs: &Receiver<Job>, latest: &Latest) {
    for job in jobs {
        let found = measured(&job.before, &job.after, job.directions, job.boundary, job.step);
        latest.put((job.epoch, found));
    }
}

/// What is wanted, and when it was last given.
pub(super) struct Look {
    latest: Arc<Latest>,
    jobs: Sender<Job>,
    wanted: Vec<Query>,
    /// Whether there is something new to look at.
    stale: bool,
    due: Instant,
    measured: Option<(u32, u32)>,
    trace: Option<Trace>,
    /// The number of the moment that the trace began with.
    traced: u64,
}

impl Look {
    pub(super) fn new(latest: Arc<Latest>, jobs: Sender<Job>) -> Self {
        Self {
            latest,
            jobs,
            wanted: Vec::new(),
            stale: false,
            due: Instant::now(),
            measured: None,
            trace: None,
            traced: 0,
        }
    }

    /// Looks into this from now on, and into nothing else.
    pub(super) fn ask(&mut self, wanted: Vec<Query>) {
        self.wanted = wanted;
        if !self.follows() {
            self.trace = None;
        }
        self.refresh();
    }

    /// Whether a map of changes is wanted.
    fn follows(&self) -> bool {
        let follows = |query: &Query| matches!(query, Query::Overlay(Overlay::Activity | Overlay::Age));
        self.wanted.iter().any(follows)
    }

    /// There is something new to look at.
    pub(super) fn refresh(&mut self) {
        self.stale = true;
    }

    /// Whether a player is wanted now.
    pub(super) fn is_due(&self) -> bool {
        !self.wanted.is_empty() && self.stale && self.due <= Instant::now()
    }

    /// The number of the moment since which changes are followed, while an overlay wants it.
    pub(super) fn traced(&self) -> Option<u64> {
        self.trace.as_ref().map(|_| self.traced)
    }

    /// Takes the state of a moment that is shown into account.
    pub(super) fn shown(&mut self, epoch: u32, (moment, step): (u64, u32), grid: &Grid) {
        self.stale = true;
        if self.follows() {
            match &mut self.trace {
                Some(trace) if trace.fits(epoch, grid) => trace.follow(step, grid),
                _ => (self.trace, self.traced) = (Some(Trace::new(epoch, step, grid)), moment),
            }
        }
    }

    /// Looks, where it is due, under the rule of an update; `next` is the state that follows, where that was shown.
    /// What fails is not tried again until it is asked for anew.
    pub(super) fn at(
        &mut self,
        player: &mut dyn Player,
        epoch: u32,
        greedy: bool,
        (update, next): (u32, Option<&Packed>),
    ) -> Result<(), Box<dyn Error>> {
        let before = Instant::now();
        self.stale = false;
        let wanted = self.wanted.clone();
        let done = wanted.into_iter().try_for_each(|query| self.answer(query, player, epoch, greedy, (update, next)));
        self.due = (before + EVERY).max(Instant::now() + (before.elapsed() * REST).min(LONGEST));
        done.map_err(|error| {
            self.wanted.clear();
            match error {
                EngineError::Device(_) => error.into(),
                // The stage plays on without being looked into.
                _ => error.to_string().into(),
            }
        })
    }

    fn answer(
        &mut self,
        query: Query,
        player: &mut dyn Player,
        epoch: u32,
        greedy: bool,
        (update, next): (u32, Option<&Packed>),
    ) -> Result<(), EngineError> {
        let size = player.size();
        match query {
            Query::Cell((row, column)) if row < size.0 && column < size.1 => {
                let shown = next.map(|next| next.grid().at(row, column));
                let found = player.inspect(row, column, greedy)?;
                self.latest.put(Inspected { epoch, update, shown, found });
            }
            Query::Cell(_) => {}
            Query::Overlay(overlay) => {
                let trace = |of: fn(&Trace) -> &Vec<f32>| {
                    let trace = self.trace.as_ref().filter(|trace| trace.epoch == epoch);
                    let map = trace.map(|trace| FieldMap { values: of(trace).clone(), ways: Vec::new() });
                    map.ok_or_else(|| "Changes are followed from the next state on.".to_owned())
                };
                let map = match overlay {
                    Overlay::Field(field) => match player.field(field, greedy) {
                        Err(EngineError::Input(why)) => Err(why),
                        map => map?.ok_or_else(|| {
                            "This is of the last step, and the state was set since: step once to see it.".to_owned()
                        }),
                    },
                    Overlay::Activity => trace(|trace| &trace.activity),
                    Overlay::Age => trace(|trace| &trace.age),
                };
                self.latest.put(Overlaid { epoch, overlay, size, map });
            }
            Query::Measures => {
                // A transition is measured once, and the next one when this one is done.
                let (step, now) = (player.steps(), (epoch, player.steps()));
                if self.measured == Some(now) || !self.jobs.is_empty() {
                    return Ok(());
                }
                if let Some((before, after)) = player.transition()? {
                    let config = player.config();
                    let (directions, boundary) = (config.reward.directions, config.world.boundary);
                    let job = Job { epoch, step, before, after, directions, boundary };
                    if let Err(TrySendError::Disconnected(_)) = self.jobs.try_send(job) {
                        self.wanted.retain(|query| *query != Query::Measures);
                    }
                    self.measured = Some(now);
                }
            }
        }
        Ok(())
    }
}

/// How the cells have changed over the states shown.
pub(super) struct Trace {
    epoch: u32,
    step: u32,
    last: Grid,
    pub(super) activity: Vec<f32>,
    pub(super) age: Vec<f32>,
}

impl Trace {
    pub(super) fn new(epoch: u32, step: u32, grid: &Grid) -> Self {
        let still = vec![0.0; grid.cells.len()];
        Self { epoch, step, last: grid.clone(), activity: still.clone(), age: still }
    }

    pub(super) fn fits(&self, epoch: u32, grid: &Grid) -> bool {
        (self.epoch, self.last.height, self.last.width) == (epoch, grid.height, grid.width)
    }

    pub(super) fn follow(&mut self, step: u32, grid: &Grid) {
        // Time that goes back makes nothing older.
        let steps = step.saturating_sub(self.step) as f32;
        let cells = self.last.cells.iter().zip(&grid.cells).zip(self.activity.iter_mut().zip(&mut self.age));
        for ((last, now), (activity, age)) in cells {
            let changed = last != now;
            *activity += CHANGE * (f32::from(u8::from(changed)) - *activity);
            *age = if changed { 0.0 } else { *age + steps };
        }
        self.step = step;
        self.last.cells.clone_from(&grid.cells);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_rises_with_changes_and_age_without() {
        let mut grid = Grid::filled(3, 3, 0);
        let mut trace = Trace::new(1, 10, &grid);
        grid.cells[4] = 1;
        trace.follow(12, &grid);
        trace.follow(15, &grid);
        assert_eq!(trace.age[4], 3.0);
        assert_eq!(trace.age[0], 5.0);
        assert!((trace.activity[4] - 0.09).abs() < 1e-6, "{}", trace.activity[4]);
        assert_eq!(trace.activity[0], 0.0);
        trace.follow(2, &grid);
        assert_eq!(trace.age[0], 5.0);
        assert!(!trace.fits(2, &grid) && !trace.fits(1, &Grid::filled(3, 4, 0)));
    }
}
