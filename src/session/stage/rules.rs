//! Rules that the stage plays under: the one that the learner hands over, and the last ones, in a bounded memory.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::spec::config::{Config, Model};
use crate::train::Player;

/// The parameters that the learner hands over.
pub(in crate::session) struct Policy {
    /// The update that left these parameters.
    pub(in crate::session) update: u32,
    /// The configuration in force.
    pub(in crate::session) config: Arc<Config>,
    /// In the device's layout.
    pub(in crate::session) params: Arc<[f32]>,
    /// The mean and the standard deviation of returns.
    pub(in crate::session) returns: (f32, f32),
}

impl Policy {
    /// Whether a player that was made for the one can play the other: the rest is what it can be told.
    pub(in crate::session) fn fits(&self, other: &Self) -> bool {
        let made = |policy: &Self| {
            let model = Model { temperature: 1.0, aggregator_temperature: 1.0, ..policy.config.model.clone() };
            (model, policy.config.world.boundary)
        };
        made(self) == made(other)
    }

    /// Has a player that it fits play under it.
    pub(super) fn teach(&self, player: &mut Player) {
        player.set_params(&self.params);
        player.set_settings(&self.config);
        player.set_returns(self.returns.0, self.returns.1);
    }
}

/// A rule: its configuration, and its parameters in the device's layout.
pub(in crate::session) type Rule = (Config, Vec<f32>);

/// Bytes of parameters that are kept; the newest rule stays, however large it is.
const MEMORY: usize = 16 << 20;

/// Rules by number.
#[derive(Default)]
pub(super) struct Rules {
    kept: VecDeque<Arc<Policy>>,
    newest: u32,
    bytes: usize,
}

impl Rules {
    /// Keeps a rule.
    pub(super) fn push(&mut self, rule: &Arc<Policy>) {
        self.bytes += size_of_val(&*rule.params);
        self.kept.push_back(Arc::clone(rule));
        self.newest += 1;
        while self.bytes > MEMORY && self.kept.len() > 1 {
            self.bytes -= self.kept.pop_front().map_or(0, |rule| size_of_val(&*rule.params));
        }
    }

    /// The newest rule's number; 0 before there is one.
    pub(super) fn newest(&self) -> u32 {
        self.newest
    }

    /// The rule with a number, or the oldest after it that is kept, and whether it is that one itself.
    pub(super) fn at(&self, number: u32) -> Option<(&Arc<Policy>, bool)> {
        let oldest = self.newest + 1 - self.kept.len() as u32;
        let found = self.kept.get(number.max(oldest).checked_sub(oldest)? as usize)?;
        Some((found, number >= oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_give_way_and_the_next_one_stands_in_for_them() {
        let rule = |update, floats| {
            let (config, params) = (Arc::new(Config::default()), vec![0.0; floats].into());
            Arc::new(Policy { update, config, params, returns: (0.0, 1.0) })
        };
        let mut rules = Rules::default();
        assert!(rules.at(0).is_none());
        let quarter = MEMORY / 4 / 4;
        (1..=6).for_each(|update| rules.push(&rule(update, quarter)));
        let found = |number| rules.at(number).map(|(rule, itself)| (rule.update, itself));
        assert_eq!([found(6), found(3), found(1)], [Some((6, true)), Some((3, true)), Some((3, false))]);
        assert_eq!((rules.newest(), found(7)), (6, None));
        rules.push(&rule(7, 5 * quarter));
        assert_eq!(rules.at(2).map(|(rule, _)| rule.update), Some(7));
    }
}
