//! The measures on grids whose values are known, and their baseline.

use std::f64::consts::LN_10;

use primordia::spec::config::{Directions, Term};
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::measures::{Measures, measured, measures, shuffled};
use primordia::spec::reward;

use crate::reference::fixtures;

const SIDE: usize = 20;

fn grid(cell: impl Fn(usize, usize) -> u8) -> Grid {
    let cells = (0..SIDE * SIDE).map(|i| cell(i / SIDE, i % SIDE)).collect();
    Grid { height: SIDE, width: SIDE, cells }
}

fn on_torus(before: &Grid, after: &Grid) -> Measures {
    measures(before, after, Directions::Four, Boundary::Torus)
}

#[track_caller]
fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{got}, not {want}");
}

#[test]
fn known_grids_have_known_measures() {
    let uniform = Grid::filled(SIDE, SIDE, 3);
    let still = on_torus(&uniform, &uniform);
    for zero in [still.colour_entropy, still.block_entropy, still.activity, still.lift, still.flow] {
        near(zero, 0.0);
    }
    assert_eq!(still.ways, [0.0; 8]);
    // Not even by a rounding error, whatever the number of cells.
    let odd = Grid::filled(32, 23, 3);
    assert_eq!(format!("{:?}", on_torus(&odd, &odd).colour_entropy), "0.0");

    let board = |shift| grid(|row, column| ((row + column + shift) % 2) as u8);
    let flip = on_torus(&board(0), &board(1));
    near(flip.colour_entropy, 2_f64.ln() / LN_10);
    near(flip.block_entropy, 2_f64.ln() / (4.0 * LN_10));
    near(flip.activity, 1.0);
    assert_eq!(flip.ways, [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], "a checkerboard's blocks go every way");

    // Every column of a colour of its own, in tens: to the right is the third of four directions.
    let columns = |shift: usize| grid(|_, column| ((column + SIDE - shift) % 10) as u8);
    let right = on_torus(&columns(0), &columns(1));
    near(right.colour_entropy, 1.0);
    assert_eq!(right.ways, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn motion_is_the_rewards() {
    for (boundary, directions) in [(Boundary::Torus, Directions::Four), (Boundary::Bounded, Directions::Eight)] {
        let before = fixtures::grid(13, 9, 2, 5);
        let mut after = before.clone();
        after.cells.rotate_right(1);
        after.cells[40] ^= 1;
        let maps = reward::maps(&before, &after, directions, boundary, None);
        let motion = reward::motion(&before, &after, directions, boundary);
        near(motion.lift, maps.mean(Term::Lift));
        near(motion.flow, maps.mean(Term::Flow));
        let moves: Vec<f64> = motion.ways.iter().map(|&ways| f64::from(ways != 0)).collect();
        assert_eq!(moves, maps.of(Term::Move));
        assert!(moves.contains(&1.0));
    }
}

#[test]
fn shuffling_keeps_the_cells_and_nothing_else() {
    let before = grid(|row, column| u8::from(row < 10) + 2 * u8::from(column < 4));
    let after = shuffled(&before, 3, 1);
    assert_eq!(before.histogram(), after.histogram());
    assert_ne!(before, after);
    assert_eq!(after, shuffled(&before, 3, 1));
    assert_ne!(after, shuffled(&before, 4, 1));
    assert_ne!(after, shuffled(&before, 3, 0));
    // Every place is as likely as any other: over many shuffles, a corner's colour is that of any cell.
    let ones = (0..2000).filter(|&step| shuffled(&before, step, 0).cells[399] == 1).count() as f64 / 2000.0;
    assert!((ones - before.histogram()[1]).abs() < 0.04, "{ones}");
}

#[test]
fn what_is_beyond_chance_shows_beside_the_baseline() {
    // Blocks of two rows that go left and right in turn, of six colours.
    let way = |row: usize| if (row / 2).is_multiple_of(2) { 1 } else { SIDE - 1 };
    let noise = fixtures::grid(SIDE, SIDE, 6, 8);
    let at = |t: usize| grid(|row, column| noise.at(row, (column + t * way(row)) % SIDE));
    let found = measured(&at(0), &at(1), Directions::Four, Boundary::Torus, 7);
    assert_eq!(found.step, 7);
    assert!(found.real.flow > 0.3 && found.chance.flow.abs() < 0.02, "{found:?}");
    assert!(found.real.lift > 0.4 && found.chance.lift.abs() < 0.02, "{found:?}");
    near(found.real.colour_entropy, found.chance.colour_entropy);
    assert!(found.real.ways[1] > 0.2 && found.real.ways[2] > 0.2 && found.chance.ways[1] < 0.02, "{found:?}");

    // Stripes that stand still have few blocks; their cells in random places have many, and change.
    let stripes = grid(|row, _| (row % 4) as u8);
    let found = measured(&stripes, &stripes, Directions::Four, Boundary::Torus, 0);
    near(found.real.activity, 0.0);
    assert!((found.chance.activity - 0.75).abs() < 0.1, "{found:?}");
    assert!(found.real.block_entropy < 0.5 * found.chance.block_entropy, "{found:?}");
}
