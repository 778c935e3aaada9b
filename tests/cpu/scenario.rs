//! The pictures that a configuration names: read when they are named, and not again.

use std::fs;

use primordia::files::{pattern, scenario};
use primordia::spec::config::{Config, Start, Term};
use primordia::spec::grid::Grid;
use primordia::spec::rule::Rule;

#[test]
fn pictures_are_read_once_and_what_is_missing_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, colour) in [("start.rle", 4), ("target.rle", 7)] {
        pattern::write_pattern(path(name).as_ref(), &Grid::filled(3, 3, colour)).unwrap();
    }
    let mut config = Config::default();
    config.world.start = Start::Picture(path("start.rle"));
    config.reward.target = Some(path("target.rle"));
    // A target counts where it has a weight.
    assert_eq!(scenario::new(config.clone()).unwrap().target, None);
    config.reward.terms.insert(Term::Target, 1.0);
    let before = scenario::new(config.clone()).unwrap();
    assert_eq!(before.target.as_deref(), Some(&Grid::filled(3, 3, 7)));
    let worlds = before.worlds(0);
    assert_eq!((worlds.len(), worlds[0].clone()), (4, Grid::filled(3, 3, 4).centred(16, 16)));

    fs::remove_file(path("start.rle")).unwrap();
    config.ppo.clip = 0.2;
    assert_eq!(scenario::changed(config.clone(), &before).unwrap().worlds(1), worlds);
    let missing = |error: primordia::files::FileError| assert!(error.to_string().contains("start.rle"), "{error}");
    missing(scenario::new(config.clone()).unwrap_err());
    // A run that goes on has its worlds, unless new ones are to start.
    let resumed = scenario::resumed(&config).unwrap();
    assert_eq!(resumed.target, before.target);
    config.world.fresh_every = 5;
    missing(scenario::resumed(&config).unwrap_err());
    missing(scenario::changed(config.clone(), &resumed).unwrap_err());
    config.world.start = Start::Random;
    scenario::changed(config.clone(), &resumed).unwrap();

    let rule = |config: &Config| scenario::with_target(Rule::new(config, Vec::new()));
    assert_eq!(rule(&config).target, before.target);
    config.reward.target = Some(path("nowhere.png"));
    assert_eq!(rule(&config).target, None);
    assert!(scenario::changed(config, &before).unwrap_err().to_string().contains("nowhere.png"));
}
