//! The reward terms on the source's first clip, and on dynamics whose values are known.

use primordia::spec::config::{Directions, Term};
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::philox::philox;
use primordia::spec::reward;
use primordia::spec::terms::TERMS;

const SIDE: usize = 20;
const TRANSITIONS: usize = 12;

/// Means over all transitions, bounded, in the order of `Term::ALL`.
fn score(states: &[Grid], directions: Directions) -> [f64; TERMS] {
    let mut sums = [0.0; TERMS];
    for pair in states.windows(2) {
        let maps = reward::maps(&pair[0], &pair[1], directions, Boundary::Bounded, None);
        for term in Term::ALL {
            sums[term as usize] += maps.mean(term) / (states.len() - 1) as f64;
        }
    }
    sums
}

fn four(states: &[Grid]) -> [f64; TERMS] {
    score(states, Directions::Four)
}

/// Compares `[shift, surprise, move, relative, lift, flow]`.
#[track_caller]
fn assert_terms(got: [f64; TERMS], want: [f64; 6], tolerance: f64) {
    for (term, (got, want)) in Term::ALL.iter().zip(got.iter().zip(want)) {
        assert!((got - want).abs() <= tolerance, "{}: {got:.5}, want {want:.5} ± {tolerance}", term.name());
    }
}

fn number(a: u32, b: u32, below: u64) -> u8 {
    ((u64::from(philox([a, b, 0, 0], [9, 9])[0]) * below) >> 32) as u8
}

fn grid(cell: impl Fn(usize, usize) -> u8) -> Grid {
    let cells = (0..SIDE * SIDE).map(|i| cell(i / SIDE, i % SIDE)).collect();
    Grid { height: SIDE, width: SIDE, cells }
}

fn states(cell: impl Fn(usize, usize, usize) -> u8) -> Vec<Grid> {
    (0..=TRANSITIONS).map(|t| grid(|row, column| cell(t, row, column))).collect()
}

fn noise(t: usize, row: usize, column: usize, colours: u64) -> u8 {
    number(t as u32, (row * SIDE + column) as u32, colours)
}

/// Noise that the whole grid carries to the right, around the torus.
fn conveyor(cell: impl Fn(usize, usize) -> u8) -> Vec<Grid> {
    states(|t, row, column| cell(row, (column + SIDE - t) % SIDE))
}

/// Fourteen 2×2 blocks on colour 0, each with its own two colours and direction, around the torus.
fn movers() -> Vec<Grid> {
    states(|t, row, column| {
        (0..14u32).fold(0, |under, mover| {
            let (dr, dc) = Directions::Four.offsets()[usize::from(number(mover, 1000, 4))];
            let ahead = |start: u8, step: i32| (i32::from(start) + step * t as i32).rem_euclid(SIDE as i32) as usize;
            let (top, left) =
                (ahead(number(mover, 1001, SIDE as u64), dr), ahead(number(mover, 1002, SIDE as u64), dc));
            let (r, c) = ((row + SIDE - top) % SIDE, (column + SIDE - left) % SIDE);
            if r < 2 && c < 2 { 1 + number(mover, 1003 + (r * 2 + c) as u32, 9) } else { under }
        })
    })
}

#[test]
fn the_sources_clip_scores_as_published() {
    let bytes = include_bytes!("../data/post-clip-1.npy");
    let cells = &bytes[bytes.len() - 50 * 400..];
    let frames: Vec<Grid> =
        cells.chunks(400).map(|cells| Grid { height: SIDE, width: SIDE, cells: cells.to_vec() }).collect();
    assert_terms(score(&frames, Directions::Four), [0.17525, 0.06850, 0.01883, 0.01775, 0.00868, 0.00296], 1e-5);
    assert_terms(score(&frames, Directions::Eight), [0.22082, 0.09805, 0.03024, 0.02883, 0.01051, 0.00464], 1e-5);
}

#[test]
fn known_dynamics() {
    assert_terms(four(&states(|_, _, _| 3)), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 0.0);
    assert_terms(four(&states(|_, row, column| noise(0, row, column, 10))), [0.0; 6], 0.01);
    assert_terms(four(&states(|t, row, column| noise(t, row, column, 10))), [0.0; 6], 0.01);
    let stripes = four(&states(|_, row, _| (row % 3) as u8));
    assert_terms(stripes, [1.0, 0.186, 0.0, 0.0, 0.0, 0.0], 5e-4);
    let flip = four(&states(|t, row, column| ((row + column + t) % 2) as u8));
    assert_terms(flip, [1.0, 0.118, 1.0, 0.0, 0.062, -0.2486], 6e-4);
    let flicker = four(&states(|t, row, column| noise(t, row, column, 2)));
    assert_terms(flicker, [0.23, 0.11, 0.19, 0.19, 0.0, 0.0], 0.02);
    let belt = four(&conveyor(|row, column| noise(0, row, column, 10)));
    assert_terms(belt, [0.947, 0.94, 0.94, 0.0, 0.93, -0.01], 0.012);
    let sparse =
        four(&conveyor(|row, column| if noise(1, row, column, 100) < 15 { 1 + noise(0, row, column, 9) } else { 0 }));
    assert_terms(sparse, [0.98, 0.45, 0.48, 0.0, 0.46, -0.02], 0.06);
    let movers = four(&movers());
    assert_terms(movers, [0.94, 0.24, 0.22, 0.04, 0.21, 0.18], 0.06);

    let flow = |scores: [f64; TERMS]| scores[Term::Flow as usize];
    assert!(flow(movers) > 0.1 && flow(belt) < 0.01 && flow(sparse) < 0.01 && flow(flip) < -0.2);
}

#[test]
fn a_torus_carries_blocks_over_its_edge() {
    let frames = conveyor(|row, column| noise(0, row, column, 10));
    let maps = reward::maps(&frames[0], &frames[1], Directions::Four, Boundary::Torus, None);
    assert_eq!(maps.blocks, (SIDE, SIDE));
    assert_eq!(maps.mean(Term::Shift), 1.0);
    assert_eq!(maps.of(Term::Shift).len(), SIDE * SIDE);
}

#[test]
fn soft_move_is_the_square_of_what_moves() {
    // A lone cell of colour 1 steps right on colour 0: of the four cells of each block that holds it, one moves. The
    // ground that it leaves behind moved too: it took the cell's place from the right.
    let at = |column| grid(|r, c| u8::from((r, c) == (5, column)));
    let maps = reward::maps(&at(5), &at(6), Directions::Four, Boundary::Bounded, None);
    let map = maps.of(Term::SoftMove);
    assert_eq!(map[5 * 19 + 5], 0.0625);
    assert_eq!(map[5 * 19 + 4], 0.0625);
    assert_eq!(map[5 * 19 + 8], 0.0);
    assert!((maps.mean(Term::SoftMove) - 6.0 * 0.0625 / 361.0).abs() < 0.0625 * 4.0 / 361.0);
}

#[test]
fn target_is_the_share_of_equal_pixels() {
    let (before, after, target) = (grid(|_, _| 0), grid(|row, _| u8::from(row < 5)), grid(|_, _| 1));
    let maps = reward::maps(&before, &after, Directions::Four, Boundary::Torus, Some(&target));
    assert_eq!(maps.mean(Term::Target), 0.25);
    assert_eq!(reward::maps(&before, &after, Directions::Four, Boundary::Torus, None).mean(Term::Target), 0.0);
}
