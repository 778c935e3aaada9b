//! The pictures that configurations name, read before anybody computes with them.

use std::path::Path;
use std::sync::Arc;

use super::{Colours, FileError, pattern};
use crate::spec::config::{Config, Term};
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;
use crate::spec::scenario::Scenario;

/// A configuration for a new run, with the pictures that it names.
pub fn new(config: Config) -> Result<Scenario, FileError> {
    let (height, width) = config.world.size;
    let pictures = Some(pattern::of_start(&config.world.start, height, width)?.into());
    Ok(Scenario { target: target(&config)?, pictures, config })
}

/// The configuration of a run that goes on: its worlds are there, so where they start from may be gone.
pub fn resumed(config: &Config) -> Result<Scenario, FileError> {
    changed(config.clone(), &Scenario::new(config.clone()))
}

/// A run's configuration after a change: pictures that it had before are not read again.
pub fn changed(config: Config, before: &Scenario) -> Result<Scenario, FileError> {
    let same = before.config.world.start == config.world.start;
    let (height, width) = config.world.size;
    let pictures = match before.pictures.clone().filter(|_| same) {
        None if !same || config.world.fresh_every > 0 => {
            Some(pattern::of_start(&config.world.start, height, width)?.into())
        }
        known => known,
    };
    let known = Some(before).filter(|before| before.config.reward.target == config.reward.target);
    let target = match known.and_then(|before| before.target.clone()) {
        Some(picture) => Some(picture),
        None => target(&config)?,
    };
    Ok(Scenario { config, target, pictures })
}

/// A rule with the picture that it is paid for, where that can be read.
pub fn with_target(rule: Rule) -> Rule {
    let target = rule.target.clone().or_else(|| target(&rule.config).ok().flatten());
    Rule { target, ..rule }
}

/// The picture that a configuration names for the term `target`; none where nothing is paid for it.
fn target(config: &Config) -> Result<Option<Arc<Grid>>, FileError> {
    let path = config.reward.target.as_ref().filter(|_| config.weight(Term::Target) != 0.0);
    path.map(|path| Ok(Arc::new(pattern::open(Path::new(path), Colours::Exact)?))).transpose()
}
