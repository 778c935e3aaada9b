//! How the stage plays: the rule that its players have, the state they hold, and their steps.

use std::sync::Arc;
use std::time::Instant;

use super::{Other, Stage};
use crate::engine::{self, Engine, EngineError, Player};
use crate::session::message::Speed;
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;

impl Stage {
    /// Takes over parameters that the learner has left; another run's need another player.
    pub(super) fn adopt(&mut self) -> Result<(), EngineError> {
        let Some(policy) = self.shared.policy.take() else { return Ok(()) };
        let fits = self.policy.as_ref().is_some_and(|old| old.fits(&policy));
        match &mut self.player {
            Some(player) if fits => player.set_rule(&policy),
            Some(_) => {
                self.keep()?;
                self.drop_players();
            }
            None => {}
        }
        if let Some(Other { rule: None, player: Some(player), terms }) = &mut self.other {
            player.set_rule(&terms.rule(&policy));
        }
        let policy = Arc::new(policy);
        self.rules.push(&policy);
        self.policy = Some(policy);
        self.look.refresh();
        Ok(())
    }

    /// Goes on by one moment: of those that are on the timeline, or by a new step at its end.
    pub(super) fn step(&mut self) -> Result<(), EngineError> {
        if !self.ahead && self.timeline.forward() {
            (self.loaded, self.changed) = (false, true);
            return Ok(());
        }
        if self.policy.is_none() {
            return Ok(());
        }
        let before = Instant::now();
        self.load()?;
        let greedy = self.greedy;
        if let Some(player) = &mut self.player {
            player.step(greedy)?;
        }
        if let Some(Other { terms, player: Some(player), .. }) = &mut self.other {
            player.step(terms.greedy.unwrap_or(greedy))?;
        }
        (self.ahead, self.changed) = (true, true);
        // At full speed only what is shown is kept.
        if self.speed != Speed::Max {
            self.keep()?;
        }
        self.shared.load.add_playing(before, 1);
        Ok(())
    }

    /// Has the players hold the present moment.
    pub(super) fn load(&mut self) -> Result<(), EngineError> {
        let Some(policy) = &self.policy else { return Ok(()) };
        if self.loaded && self.player.is_some() && self.other.as_ref().is_none_or(|other| other.player.is_some()) {
            return Ok(());
        }
        let engine = &**match &self.engine {
            Some(engine) => engine,
            None => self.engine.insert(engine::open()?),
        };
        let here = self.timeline.here();
        set(&mut self.player, engine, policy, &here.state.grid(), (self.seed, here.step))?;
        if let (Some(player), Some(before)) = (&mut self.player, self.timeline.before()) {
            player.set_before(&before.state.grid())?;
        }
        if let Some(other) = &mut self.other {
            let rule = other.terms.rule(other.rule.as_ref().unwrap_or(policy));
            let state = here.rival.as_ref().unwrap_or(&here.state).grid();
            set(&mut other.player, engine, &rule, &state, (other.terms.seed.unwrap_or(self.seed), here.step))?;
        }
        self.loaded = true;
        Ok(())
    }

    /// Lets go of a player that failed, and of its device, which may be lost.
    pub(super) fn halt(&mut self) {
        self.drop_players();
        self.engine = None;
        self.set_playing(false);
    }

    pub(super) fn drop_players(&mut self) {
        self.player = None;
        if let Some(other) = &mut self.other {
            other.player = None;
        }
        (self.ahead, self.loaded) = (false, false);
    }
}

/// Has a player hold a state; one that is of another size is made anew.
pub(in crate::session) fn set(
    player: &mut Option<Box<dyn Player>>,
    engine: &dyn Engine,
    rule: &Rule,
    state: &Grid,
    (seed, step): (u32, u32),
) -> Result<(), EngineError> {
    match player {
        Some(player) if player.size() == (state.height, state.width) => {
            player.set_grid(state)?;
            player.set_noise(seed, step);
        }
        _ => {
            let mut made = engine.player(rule, state, seed)?;
            made.set_noise(seed, step);
            *player = Some(made);
        }
    }
    Ok(())
}
