//! Starting states from counter-based random numbers.

use super::COLOURS;
use super::config::Start;
use super::grid::Grid;
use super::philox::{Philox, Stream, unit_from_word};

/// The state that world `world` has after its start number `number` under a seed; `None` for `Start::Picture`, whose
/// file `files::pattern` reads.
pub fn start_state(start: &Start, height: usize, width: usize, seed: u32, number: u32, world: u32) -> Option<Grid> {
    let noise = Philox { seed, stream: Stream::Start };
    let word = |cell: usize| noise.word(number, world, cell as u32);
    let colour = |cell: usize| match start {
        Start::Random => Some(((u64::from(word(cell)) * COLOURS as u64) >> 32) as u8),
        Start::Sparse(share) => {
            // One draw: u < share says that the cell is alive, and u / share is then uniform again.
            let u = f64::from(unit_from_word(word(cell))) / f64::from(*share);
            let others = (COLOURS - 1) as f64;
            Some(if u < 1.0 { 1 + (u * others) as u8 } else { 0 })
        }
        Start::Picture(_) => None,
    };
    let cells: Option<Vec<u8>> = (0..height * width).map(colour).collect();
    Some(Grid { height, width, cells: cells? })
}

#[cfg(test)]
mod tests {
    use super::{Start, start_state};

    #[test]
    fn shares() {
        let histogram = |start| start_state(&start, 200, 200, 1, 0, 3).expect("not a picture").histogram();
        assert!(histogram(Start::Random).iter().all(|share| (share - 0.1).abs() < 0.01));
        let sparse = histogram(Start::Sparse(0.18));
        assert!((sparse[0] - 0.82).abs() < 0.01 && sparse[1..].iter().all(|share| (share - 0.02).abs() < 0.005));
        assert_eq!(histogram(Start::Sparse(0.0))[0].round(), 1.0);
        assert!(histogram(Start::Sparse(1.0))[0] < 1e-9);
    }

    #[test]
    fn worlds_and_starts_differ() {
        let state = |seed, number, world| start_state(&Start::Random, 8, 8, seed, number, world);
        assert_eq!(state(1, 2, 3), state(1, 2, 3));
        assert!([state(0, 2, 3), state(1, 0, 3), state(1, 2, 0)].iter().all(|other| *other != state(1, 2, 3)));
        assert_eq!(start_state(&Start::Picture("x.png".to_owned()), 8, 8, 0, 0, 0), None);
    }
}
