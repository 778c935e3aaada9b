//! The rules that the stage has played under, by number: the last ones, in a bounded memory.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::spec::rule::Rule;

/// Bytes of parameters that are kept; the newest rule stays, however large it is.
const MEMORY: usize = 16 << 20;

/// Rules by number.
#[derive(Default)]
pub(super) struct Played {
    kept: VecDeque<Arc<Rule>>,
    newest: u32,
    bytes: usize,
}

impl Played {
    /// Keeps a rule.
    pub(super) fn push(&mut self, rule: &Arc<Rule>) {
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
    pub(super) fn at(&self, number: u32) -> Option<(&Arc<Rule>, bool)> {
        let oldest = self.newest + 1 - self.kept.len() as u32;
        let found = self.kept.get(number.max(oldest).checked_sub(oldest)? as usize)?;
        Some((found, number >= oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::config::Config;

    #[test]
    fn the_oldest_give_way_and_the_next_one_stands_in_for_them() {
        let rule = |update, floats| {
            let (config, params) = (Arc::new(Config::default()), vec![0.0; floats].into());
            Arc::new(Rule { update, config, params, returns: (0.0, 1.0), target: None })
        };
        let mut rules = Played::default();
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
