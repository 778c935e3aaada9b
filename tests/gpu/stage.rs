//! The stage: a world larger than what is looked at together takes the same steps however much of it is known.

use primordia::engine::{Engine, Player};
use primordia::spec::config::Config;
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::params::Params;
use primordia::spec::rule::Rule;

use crate::harness::gpu;
use crate::reference::fixtures;

/// Rows and columns: more windows than a player looks at together, and ragged rows.
const SIZE: (usize, usize) = (270, 263);

fn player(boundary: Boundary, grid: &Grid) -> Box<dyn Player> {
    let mut config = Config { model: fixtures::model(16, 1, 2, 1), ..Config::default() };
    config.world.boundary = boundary;
    let params = fixtures::params(&Params::new(&config.model), 71);
    gpu().player(&Rule::new(&config, params), grid, 5).unwrap()
}

/// The state after one step from this one, with the draws of a world's first.
fn after(player: &mut dyn Player, grid: &Grid) -> Grid {
    player.set_grid(grid).unwrap();
    player.set_noise(5, 0);
    player.step(false).unwrap();
    player.grid().unwrap()
}

#[test]
fn steps_are_the_same_whatever_is_known() {
    for boundary in [Boundary::Torus, Boundary::Bounded] {
        let noise = fixtures::grid(SIZE.0, SIZE.1, 10, 72);
        let mut other = noise.clone();
        for cell in (0..other.cells.len()).step_by(97) {
            other.cells[cell] = (other.cells[cell] + 1) % 10;
        }
        let mut known = player(boundary, &noise);
        // Nothing is known, then everything, then most of it, then too much.
        let first = after(&mut *known, &noise);
        assert_eq!(after(&mut *known, &noise), first);
        let of_other = after(&mut *player(boundary, &other), &other);
        assert_eq!(after(&mut *known, &other), of_other);
        after(&mut *known, &fixtures::grid(SIZE.0, SIZE.1, 10, 73));
        assert_eq!(after(&mut *known, &noise), first);
        assert_ne!(first, of_other);
    }
}
