//! How the stage plays: the rule that its players have, the state they hold, their steps, and the rival beside it.

use std::sync::Arc;
use std::time::Instant;

use super::{Held, Other, Stage};
use crate::engine::{self, EngineError};
use crate::session::command::{Speed, ToFiles, Which};
use crate::session::event::Event;
use crate::session::play::set;
use crate::session::rival::Rival;
use crate::session::timeline::{Made, Moment, Packed};
use crate::spec::COLOURS;
use crate::spec::rule::Rule;

impl Stage {
    /// Asks for a rule; the number that it will have.
    pub(super) fn ask_for(&mut self, which: Which) -> u32 {
        self.asked += 1;
        self.files.send(ToFiles::Find(self.asked, which));
        self.asked
    }

    /// Follows the newest rule again, or keeps to what an update left.
    pub(super) fn stage_at(&mut self, update: Option<u32>) {
        match update {
            Some(update) => self.awaited = Some(self.ask_for(Which::Update(update))),
            None => {
                (self.pinned, self.awaited) = (false, None);
                self.events.send(Event::StageAt(None));
            }
        }
    }

    /// Takes in a rule that was asked for, unless something else is wanted by now.
    pub(super) fn found(&mut self, number: u32, rule: Rule) -> Result<(), EngineError> {
        if self.awaited.take_if(|awaited| *awaited == number).is_some() {
            self.pinned = true;
            self.events.send(Event::StageAt(Some(rule.update)));
            return self.play_under(Arc::new(rule));
        }
        let Some((_, terms)) = self.invited.take_if(|(awaited, _)| *awaited == number) else { return Ok(()) };
        if let Some(update) = terms.update.filter(|update| *update != rule.update) {
            self.events.send(Event::Note(format!(
                "What update {update} left is not kept; the rival runs under the rule of update {}.",
                rule.update
            )));
        }
        self.compare(Some(terms), Some(rule))
    }

    /// Takes up what the learner has left since, unless it keeps to a rule.
    pub(super) fn follow(&mut self) -> Result<(), EngineError> {
        let known = |newest: &Arc<Rule>| self.rule.as_ref().is_some_and(|rule| Arc::ptr_eq(rule, newest));
        match self.shared.shelf.newest().filter(|newest| !self.pinned && !known(newest)) {
            Some(newest) => self.play_under(newest),
            None => Ok(()),
        }
    }

    /// Plays under another rule; one of another run may need another player.
    fn play_under(&mut self, rule: Arc<Rule>) -> Result<(), EngineError> {
        let fits = self.rule.as_ref().is_some_and(|old| old.fits(&rule));
        match &mut self.player {
            Some(player) if fits => player.set_rule(&rule),
            Some(_) => {
                self.keep()?;
                self.drop_players();
            }
            None => {}
        }
        if let Some(Other { rule: None, player: Some(player), terms }) = &mut self.other {
            player.set_rule(&terms.rule(&rule));
        }
        self.played.push(&rule);
        self.rule = Some(rule);
        self.look.refresh();
        Ok(())
    }

    /// Takes a rival in, once its rule is there, or lets it go.
    pub(super) fn invite(&mut self, terms: Option<Rival>) -> Result<(), EngineError> {
        self.invited = None;
        let which = match &terms {
            Some(Rival { update: Some(update), .. }) => Which::Update(*update),
            Some(Rival { checkpoint: Some(path), .. }) => Which::File(path.clone()),
            _ => return self.compare(terms, None),
        };
        let number = self.ask_for(which);
        self.invited = terms.map(|terms| (number, terms));
        Ok(())
    }

    /// Begins a comparison under a rule of its own, or else the stage's; or ends it.
    fn compare(&mut self, terms: Option<Rival>, rule: Option<Rule>) -> Result<(), EngineError> {
        self.keep()?;
        self.other = terms.map(|terms| Other { terms, rule, player: None });
        let here = self.timeline.here();
        let grid = here.state.grid();
        let rival = self.other.as_ref().map(|other| {
            let mut rival = grid.clone();
            if let Some((row, column)) =
                other.terms.flip.filter(|&(row, column)| row < grid.height && column < grid.width)
            {
                let cell = &mut rival.cells[row * grid.width + column];
                *cell = (*cell + 1) % COLOURS as u8;
            }
            Packed::new(&rival)
        });
        let moment = Moment { rival, made: Made::Step, ..here.clone() };
        self.timeline.push(moment);
        self.moved();
        Ok(())
    }

    /// Goes on by one moment: of those that are on the timeline, or by a new step at its end.
    pub(super) fn step(&mut self) -> Result<(), EngineError> {
        if self.held != Held::Next && self.timeline.forward() {
            self.moved();
            return Ok(());
        }
        if self.rule.is_none() {
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
        (self.held, self.changed) = (Held::Next, true);
        // At full speed only what is shown is kept.
        if self.speed != Speed::Max {
            self.keep()?;
        }
        let mut spent = self.shared.spent();
        spent.playing += before.elapsed();
        spent.steps += 1;
        Ok(())
    }

    /// Has the players hold the present moment.
    pub(super) fn load(&mut self) -> Result<(), EngineError> {
        let Some(rule) = &self.rule else { return Ok(()) };
        let made = self.player.is_some() && self.other.as_ref().is_none_or(|other| other.player.is_some());
        if self.held != Held::Other && made {
            return Ok(());
        }
        let engine = &**match &self.engine {
            Some(engine) => engine,
            None => self.engine.insert(engine::open(self.shared.engine)?),
        };
        let here = self.timeline.here();
        set(&mut self.player, engine, rule, &here.state.grid(), (self.seed, here.step))?;
        if let (Some(player), Some(before)) = (&mut self.player, self.timeline.before()) {
            player.set_before(&before.state.grid())?;
        }
        if let Some(other) = &mut self.other {
            let rule = other.terms.rule(other.rule.as_ref().unwrap_or(rule));
            let state = here.rival.as_ref().unwrap_or(&here.state).grid();
            set(&mut other.player, engine, &rule, &state, (other.terms.seed.unwrap_or(self.seed), here.step))?;
        }
        self.held = Held::Here;
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
        self.held = Held::Other;
    }
}
