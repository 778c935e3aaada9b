//! What an optimiser keeps from step to step.

use std::collections::BTreeMap;

/// An optimiser's state, with the names that a checkpoint has for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser {
    /// Which optimiser it is.
    pub name: String,
    /// Gradient steps that it has taken.
    pub step: u32,
    /// What it keeps for every parameter, by name; each laid out as the parameters are (`spec::params`).
    pub state: BTreeMap<String, Vec<f32>>,
}

impl Optimiser {
    /// Adam after so many steps, with its first and second moments.
    pub fn adam(step: u32, m: Vec<f32>, v: Vec<f32>) -> Self {
        let state = [("m", m), ("v", v)].map(|(name, values)| (name.to_owned(), values));
        Self { name: "adam".to_owned(), step, state: state.into() }
    }

    /// Whether it could be another state of the other: the same optimiser, of as many parameters.
    pub fn fits(&self, other: &Self) -> bool {
        let kept = |of: &Self| of.state.iter().map(|(name, values)| (name.clone(), values.len())).collect::<Vec<_>>();
        self.name == other.name && kept(self) == kept(other)
    }

    /// Whether all its numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.state.values().flatten().all(|value| value.is_finite())
    }
}
