//! An overlay's maps of what the stage has shown, computed anew for the frames of a clip: under the rules that the stage
//! played under, on a device of their own.

use std::sync::Arc;

use super::look::{Overlay, Trace};
use super::play::set;
use super::timeline::Moment;
use crate::engine::{self, Choice, Engine, EngineError, Field, FieldMap, Player};
use crate::spec::rule::Rule;

/// Moments of the stage in order, and what maps of them need.
pub(super) struct Reel {
    /// The moments, oldest first.
    pub(super) moments: Vec<Moment>,
    /// So many of the first are no frames, and only tell what came before.
    pub(super) lead: usize,
    /// The rule of each moment.
    pub(super) rules: Vec<Arc<Rule>>,
    /// Whether the likeliest colours are taken.
    pub(super) greedy: bool,
    /// What computes the maps.
    pub(super) engine: Choice,
}

/// The maps of one overlay, moment by moment.
pub(super) struct Maps<'a> {
    reel: &'a Reel,
    overlay: Overlay,
    /// Moments that changes were followed through.
    followed: usize,
    trace: Option<Trace>,
    engine: Option<Arc<dyn Engine>>,
    player: Option<Box<dyn Player>>,
    /// What the player plays under.
    rule: Option<Arc<Rule>>,
}

impl<'a> Maps<'a> {
    pub(super) fn new(reel: &'a Reel, overlay: Overlay) -> Self {
        Self { reel, overlay, followed: 0, trace: None, engine: None, player: None, rule: None }
    }

    /// The map of a moment, which is not before the last one asked for; none where no step led to it that it could be of.
    pub(super) fn at(&mut self, moment: usize) -> Result<Option<FieldMap>, EngineError> {
        let of = match self.overlay {
            Overlay::Field(field) => return self.field(field, moment),
            Overlay::Activity => |trace: &Trace| trace.activity.clone(),
            Overlay::Age => |trace: &Trace| trace.age.clone(),
        };
        for Moment { state, step, .. } in &self.reel.moments[self.followed..=moment] {
            let grid = state.grid();
            match &mut self.trace {
                Some(trace) if trace.fits(0, &grid) => trace.follow(*step, &grid),
                _ => self.trace = Some(Trace::new(0, *step, &grid)),
            }
        }
        self.followed = moment + 1;
        Ok(self.trace.as_ref().map(|trace| FieldMap { values: of(trace), ways: Vec::new() }))
    }

    fn field(&mut self, field: Field, at: usize) -> Result<Option<FieldMap>, EngineError> {
        let (Some(moment), Some(rule)) = (self.reel.moments.get(at), self.reel.rules.get(at)) else { return Ok(None) };
        let engine = match &self.engine {
            Some(engine) => engine,
            None => self.engine.insert(engine::open(self.reel.engine)?),
        };
        let before = self.rule.replace(Arc::clone(rule));
        if before.as_ref().is_none_or(|before| !before.fits(rule)) {
            self.player = None;
        }
        set(&mut self.player, &**engine, rule, &moment.state.grid(), (moment.seed, moment.step))?;
        let Some(player) = &mut self.player else { return Ok(None) };
        if before.is_none_or(|before| !Arc::ptr_eq(&before, rule)) {
            player.set_rule(rule);
        }
        if let Some(before) = at.checked_sub(1).and_then(|at| self.reel.moments.get(at))
            && moment.follows(before)
        {
            player.set_before(&before.state.grid())?;
        }
        player.field(field, self.reel.greedy)
    }
}
