//! Starting states from counter-based random numbers.

use super::COLOURS;
use super::config::Start;
use super::grid::Grid;
use super::philox::{Philox, Stream, unit_from_word};

/// The state that a world has after its start number (start, world): one of the `pictures` that the start names, or a
/// drawn one. Where it names pictures and there are none, the world is empty.
pub fn state(
    start: &Start,
    pictures: &[Grid],
    (height, width): (usize, usize),
    seed: u32,
    (number, world): (u32, u32),
) -> Grid {
    let drawn = || start_state(start, height, width, seed, number, world);
    let picture = picture(start, pictures.len(), seed, number, world).and_then(|picture| pictures.get(picture));
    picture.cloned().or_else(drawn).unwrap_or_else(|| Grid::filled(height, width, 0))
}

/// The state that world `world` has after its start number `number` under a seed, where [`picture`] names none; `None`
/// for a start from pictures alone.
pub fn start_state(start: &Start, height: usize, width: usize, seed: u32, number: u32, world: u32) -> Option<Grid> {
    let noise = Philox { seed, stream: Stream::Start };
    let word = |cell: usize| noise.word(number, world, cell as u32);
    let colour = |cell: usize| match start {
        Start::Random | Start::Mixture(..) => Some(below(word(cell), COLOURS) as u8),
        Start::Sparse(share) => {
            // One draw: u < share says that the cell is alive, and u / share is then uniform again.
            let u = f64::from(unit_from_word(word(cell))) / f64::from(*share);
            let others = (COLOURS - 1) as f64;
            Some(if u < 1.0 { 1 + (u * others) as u8 } else { 0 })
        }
        Start::Picture(_) | Start::Folder(_) => None,
    };
    let cells: Option<Vec<u8>> = (0..height * width).map(colour).collect();
    Some(Grid { height, width, cells: cells? })
}

/// Which of the pictures that a start names (`files::pattern::of_start` reads them) a world starts from; `None` where it
/// is drawn by [`start_state`].
pub fn picture(start: &Start, pictures: usize, seed: u32, number: u32, world: u32) -> Option<usize> {
    let noise = Philox { seed, stream: Stream::Start };
    // Beyond every cell's draw.
    let (which, whether) = (u32::MAX, u32::MAX - 4);
    let one = || below(noise.word(number, world, which), pictures);
    let chosen = match start {
        Start::Random | Start::Sparse(_) => None,
        Start::Picture(_) => Some(0),
        Start::Folder(_) => Some(one()),
        Start::Mixture(_, share) => (noise.uniform(number, world, whether) < *share).then(one),
    };
    chosen.filter(|&picture| picture < pictures)
}

/// A word as a whole number below `n`, uniformly.
fn below(word: u32, n: usize) -> usize {
    ((u64::from(word) * n as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::{Start, picture, start_state};

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

    #[test]
    fn pictures_are_taken_in_their_share() {
        let folder = || "x".to_owned();
        let taken = |start, world| picture(&start, 4, 1, 0, world);
        assert!((0..100).all(|world| taken(Start::Random, world).is_none()));
        assert!((0..100).all(|world| taken(Start::Picture(folder()), world) == Some(0)));
        for which in 0..4 {
            let n = (0..1000).filter(|&world| taken(Start::Folder(folder()), world) == Some(which)).count();
            assert!((200..300).contains(&n), "{n} worlds start from picture {which}");
        }
        let mixed = |share| (0..1000).filter(|&w| taken(Start::Mixture(folder(), share), w).is_some()).count();
        assert!((250..350).contains(&mixed(0.3)));
        assert_eq!((mixed(0.0), mixed(1.0)), (0, 1000));
        let mixture = start_state(&Start::Mixture(folder(), 0.3), 4, 4, 1, 0, 0);
        assert_eq!(mixture, start_state(&Start::Random, 4, 4, 1, 0, 0));
    }
}
