//! The specification: windows, the parameter table, the configuration and its settings.

use primordia::spec::config::{Config, Credit, Directions, Start, Term};
use primordia::spec::grid::{Boundary, Grid, Windows, key_from_colours};
use primordia::spec::params::{Init, Params};
use primordia::spec::settings::{self, ConfigError, Effect, SETTINGS, SetError, Value};

use crate::reference::fixtures;

#[test]
fn windows_cover_the_grid() {
    let torus = Windows::new(3, 5, Boundary::Torus);
    assert_eq!((torus.rows, torus.columns, torus.origin, torus.count()), (3, 5, 0, 15));
    let bounded = Windows::new(3, 5, Boundary::Bounded);
    assert_eq!((bounded.rows, bounded.columns, bounded.origin, bounded.count()), (1, 3, 1, 3));
    let grid = Grid { height: 3, width: 5, cells: (0..15).collect() };
    assert_eq!(bounded.colours(&grid, 1), [1, 2, 3, 6, 7, 8, 11, 12, 13]);
    assert_eq!(torus.colours(&grid, 0), [14, 10, 11, 4, 0, 1, 9, 5, 6]);
    assert_eq!(torus.colours(&grid, 14), [8, 9, 5, 13, 14, 10, 3, 4, 0]);
}

#[test]
fn keys_are_decimal_and_fit() {
    assert_eq!(key_from_colours(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), 987_654_321);
    assert_eq!(key_from_colours(&[9; 9]), 999_999_999);
    assert_eq!(key_from_colours(&[7, 0, 0, 0, 0, 0, 0, 0, 0]), 7);
}

#[test]
fn patterns_are_centred_and_cropped() {
    let pattern = Grid { height: 1, width: 3, cells: vec![1, 2, 3] };
    assert_eq!(pattern.centred(3, 4).cells, [0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0]);
    assert_eq!(pattern.centred(1, 1).cells, [2]);
    let shares = pattern.histogram();
    assert!((shares[1] - 1.0 / 3.0).abs() < 1e-12 && shares[0] == 0.0);
}

#[test]
fn tensors_neither_overlap_nor_overrun() {
    for (d, layers, heads, ratio) in [(16, 1, 2, 2), (24, 2, 2, 1), (32, 4, 4, 4), (64, 3, 16, 3)] {
        let table = Params::new(&fixtures::model(d, layers, heads, ratio));
        let mut owner = vec![None; table.len];
        for tensor in &table.tensors {
            assert_eq!(tensor.indices().count(), tensor.len());
            assert!(!tensor.is_empty() && tensor.stride.is_multiple_of(4) && tensor.stride >= tensor.columns());
            for at in tensor.indices() {
                let other = owner[at].replace(&tensor.name);
                assert!(other.is_none(), "{} and {other:?} share {at}", tensor.name);
            }
        }
        let of_layers = table.layers.iter().flat_map(|l| [l.qkv, l.attention_out, l.mlp_in, l.mlp_out]);
        let blocks = of_layers.chain([table.embedding, table.head, table.critic_project, table.critic_value]);
        for block in blocks.chain([table.aggregator]) {
            assert!(block.offset.is_multiple_of(64) && block.offset + block.len() <= table.len);
        }
        let names: std::collections::BTreeSet<_> = table.tensors.iter().map(|t| &t.name).collect();
        assert_eq!(names.len(), table.tensors.len());
        assert_eq!(table.tensors.len(), 2 + 8 * layers + 2 + 4 + 2);
    }
}

#[test]
fn parameters_start_as_the_table_says() {
    let model = fixtures::model(32, 2, 4, 2);
    let table = Params::new(&model);
    let values = table.initial(3);
    assert_eq!(values, table.initial(3));
    assert_ne!(values, table.initial(4));
    let mut used = vec![false; table.len];
    for tensor in &table.tensors {
        let elements: Vec<f64> = tensor.indices().map(|at| values[at].into()).collect();
        tensor.indices().for_each(|at| used[at] = true);
        match tensor.init {
            Init::Zero => assert!(elements.iter().all(|v| *v == 0.0), "{}", tensor.name),
            Init::Normal(deviation) => {
                let squares = elements.iter().map(|v| v * v).sum::<f64>() / elements.len() as f64;
                // The deviation of n normals is itself uncertain by about 1/√(2n); five times that.
                let slack = 5.0 / (2.0 * elements.len() as f64).sqrt();
                let ratio = squares.sqrt() / f64::from(deviation);
                assert!((ratio - 1.0).abs() < slack, "{}: {ratio} of its deviation", tensor.name);
            }
            Init::Votes => {
                assert_eq!(elements[4 * 100 + 55], f64::from(model.aggregator_centre));
                assert_eq!(elements[8 * 100 + 99], f64::from(model.aggregator_others));
                assert_eq!(elements.iter().filter(|v| **v != 0.0).count(), 90);
            }
        }
    }
    assert!((0..table.len).all(|at| used[at] || values[at] == 0.0), "padding is not 0");
}

#[test]
fn a_configuration_survives_its_file() {
    let mut config = Config::default();
    assert_eq!(Config::from_ron(&config.to_ron()).expect("the default is valid"), config);
    assert_eq!(Config::from_ron("()").expect("everything has a default"), config);
    config.world.size = (1024, 3);
    config.world.boundary = Boundary::Bounded;
    config.world.start = Start::Picture("a \"b\".png".to_owned());
    config.reward.directions = Directions::Four;
    config.reward.terms =
        (Term::ALL.into_iter().zip([0.1, -2.0, 3.5, 1e-3, 0.0, 1.0, 7.0, 1.0 / 3.0].into_iter().cycle())).collect();
    config.reward.credit = Credit::Global;
    config.reward.target = Some("heart.rle".to_owned());
    config.ppo.adam_eps = 1e-8;
    config.run.seed = u32::MAX;
    let text = config.to_ron();
    assert_eq!(Config::from_ron(&text).expect(&text), config);
}

#[test]
fn a_file_gives_only_what_it_changes() {
    let text = "(world: (size: (20, 24), boundary: Bounded), reward: (terms: {\"flow\": 1, \"soft_move\": .1}))";
    let config = Config::from_ron(text).expect("a partial file is valid");
    assert_eq!((config.world.size, config.world.count), ((20, 24), 4));
    assert_eq!((config.weight(Term::Flow), config.weight(Term::SoftMove), config.weight(Term::Shift)), (1.0, 0.1, 0.0));
}

#[test]
fn an_error_has_line_and_column() {
    let cases = [
        ("(\n  world: (\n    sise: (3, 3),\n  ),\n)", 3, "sise"),
        ("(\n  ppo: (gamma: \"high\"),\n)", 2, ""),
        ("(\n\n  ppo: (gamma: 0.9\n", 3, ""),
        ("(reward: (terms: {\"shfit\": 1.0}))", 1, "shfit"),
        ("(reward: (directions: Six))", 1, "Six"),
    ];
    for (text, wanted, mention) in cases {
        match Config::from_ron(text) {
            Err(ConfigError::Syntax { line, column, message }) => {
                assert!(line == wanted && column > 0, "{text}: line {line}, column {column}: {message}");
                assert!(message.contains(mention), "{text}: {message}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn every_end_of_every_range_holds() {
    for setting in SETTINGS {
        let mut config = Config::default();
        let (min, max) = (setting.range.min, setting.range.max);
        let (below, above) = match setting.value(&mut config) {
            Value::Real(_) => ((min - 1.0).to_string(), (max * 2.0 + 1.0).to_string()),
            Value::Count(_) | Value::Number(_) => ("-1".to_owned(), (max + 1.0).to_string()),
            _ => continue,
        };
        // Whether an end fits the other settings is another rule's affair.
        let free = !["model.d_model", "model.heads", "ppo.minibatches"].contains(&setting.path);
        for end in [min, max].into_iter().filter(|_| free) {
            settings::set(&mut config, setting.path, &end.to_string()).unwrap_or_else(|error| panic!("{error}"));
        }
        let before = config.clone();
        for outside in [below.as_str(), &above, "NaN", "inf", "\"x\"", ""] {
            assert!(settings::set(&mut config, setting.path, outside).is_err(), "{} = {outside}", setting.path);
        }
        assert_eq!(config, before);
    }
}

#[test]
fn settings_are_the_configuration() {
    let mut config = Config::default();
    for setting in SETTINGS {
        let value = setting.get(&config);
        settings::set(&mut config, setting.path, &value).unwrap_or_else(|error| panic!("{error}"));
        assert!(!setting.doc.is_empty() && setting.doc.ends_with('.'), "{}", setting.path);
    }
    assert_eq!(config, Config::default());
    // A field that the table lacks would not be seen to differ: as many rows as the file has fields.
    let fields = config.to_ron().lines().filter(|line| line.starts_with("        ")).count();
    assert_eq!(fields, SETTINGS.len(), "{}", config.to_ron());
}

#[test]
fn one_setting_is_set_and_seen() {
    let mut config = Config::default();
    settings::set(&mut config, "reward.credit", "Local(radius: 3)").expect("a valid credit");
    settings::set(&mut config, "world.size", "(40, 30)").expect("a valid size");
    settings::set(&mut config, "reward.target", "\"heart.png\"").expect("a bare string is Some");
    assert_eq!(config.reward.credit, Credit::Local { radius: 3 });
    assert_eq!(config.world.size, (40, 30));
    assert_eq!(config.reward.target.as_deref(), Some("heart.png"));
    let differing = SETTINGS.iter().filter(|s| s.differs(&config, &Config::default()));
    assert_eq!(differing.map(|s| s.path).collect::<Vec<_>>(), ["world.size", "reward.credit", "reward.target"]);
    let effect = |path: &str| settings::setting(path).map(|s| s.effect);
    assert_eq!((effect("ppo.clip"), effect("model.layers")), (Some(Effect::NextUpdate), Some(Effect::Restart)));
}

#[test]
fn what_does_not_fit_is_refused_in_a_sentence() {
    let cases = [
        ("world.sise", "(3, 3)", "no setting `world.sise`"),
        ("world.size", "(2, 3)", "from 3 to 4096"),
        ("world.size", "(3, 4097)", "from 3 to 4096"),
        ("world.start", "Sparse(1.5)", "from 0 to 1"),
        ("world.start", "Sparse(NaN)", "from 0 to 1"),
        ("reward.credit", "Local(radius: 17)", "at most 16"),
        ("reward.terms", "{\"shift\": NaN}", "from -1000 to 1000"),
        ("reward.terms", "{\"shfit\": 1.0}", "shfit"),
        ("model.d_model", "20", "multiple of 8"),
        ("model.heads", "3", "must divide"),
        ("model.heads", "8", "must divide"),
        ("ppo.minibatches", "201", "at most"),
        ("ppo.clip", "0", "from 0.001 to 1"),
        ("ppo.gamma", "fast", "cannot be `fast`"),
    ];
    for (path, value, mention) in cases {
        let mut config = Config::default();
        let error = settings::set(&mut config, path, value).expect_err(path);
        assert!(error.to_string().contains(mention), "{path} = {value}: {error}");
        assert_eq!(config, Config::default());
        assert_eq!(matches!(error, SetError::Unknown(_)), path == "world.sise");
    }
}
