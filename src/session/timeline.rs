//! Everything that the stage has shown, in a bounded memory: a list of moments with a cursor.
//!
//! A step or an edit at the end of the list makes it longer. One in the past cuts what followed; the part that was cut
//! stays as a *branch*, to be taken up again. Undo and redo move the cursor from edit to edit.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::spec::COLOURS;
use crate::spec::grid::Grid;

/// Bytes of states that are kept: at 64×64 cells and 60 steps a second, 36 minutes.
pub(super) const MEMORY: usize = 256 << 20;
/// What a moment takes besides its cells.
const OVERHEAD: usize = 96;

/// A state with two cells a byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    height: usize,
    width: usize,
    pairs: Arc<[u8]>,
}

impl Packed {
    /// Packs a state.
    pub fn new(grid: &Grid) -> Self {
        let pairs = grid.cells.chunks(2).map(|pair| pair[0] | pair.get(1).unwrap_or(&0) << 4).collect();
        Self { height: grid.height, width: grid.width, pairs }
    }

    /// Height and width.
    pub fn size(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    /// With cells of these colours on it; those that it does not have are left out.
    pub fn painted(&self, cells: &[(u32, u8)]) -> Self {
        let mut pairs = self.pairs.to_vec();
        let all = self.height * self.width;
        for &(cell, colour) in cells.iter().filter(|(cell, _)| (*cell as usize) < all) {
            let (pair, colour) = (&mut pairs[cell as usize / 2], colour.min(COLOURS as u8 - 1));
            *pair = if cell % 2 == 0 { *pair & 0xF0 | colour } else { *pair & 0x0F | colour << 4 };
        }
        Self { pairs: pairs.into(), ..*self }
    }

    /// The state.
    pub fn grid(&self) -> Grid {
        let mut cells: Vec<u8> = self.pairs.iter().flat_map(|pair| [pair & 15, pair >> 4]).collect();
        cells.truncate(self.height * self.width);
        Grid { height: self.height, width: self.width, cells }
    }
}

/// How a moment came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// By the rule.
    Step,
    /// By hand. The parts of one gesture are undone together.
    Edit {
        /// Which.
        gesture: u32,
    },
    /// As a world of its own, in the place of the one before.
    Placed {
        /// Numbers it among the gestures.
        gesture: u32,
    },
}

/// A state of the stage, and what its future depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The state.
    pub state: Packed,
    /// The state of the rival that runs beside it.
    pub rival: Option<Packed>,
    /// Steps since the stage's start: the counter of its random numbers.
    pub step: u32,
    /// The seed of its random numbers.
    pub seed: u32,
    /// The update whose parameters made it.
    pub update: u32,
    /// The number of the rule that the stage had then.
    pub rule: u32,
    /// How it came about.
    pub made: Made,
}

impl Moment {
    /// Whether a step led from another moment to this one.
    pub fn follows(&self, before: &Self) -> bool {
        self.made == Made::Step && before.step + 1 == self.step && before.state.size() == self.state.size()
    }

    fn bytes(&self) -> usize {
        OVERHEAD + self.state.pairs.len() + self.rival.as_ref().map_or(0, |rival| rival.pairs.len())
    }

    fn gesture(&self) -> Option<u32> {
        if let Made::Edit { gesture } | Made::Placed { gesture } = self.made { Some(gesture) } else { None }
    }
}

/// What was cut off when something else was done in its past.
#[derive(Debug)]
struct Branch {
    /// The number of the moment that it follows on.
    fork: u64,
    moments: VecDeque<(u64, Moment)>,
}

/// The list. It is never empty.
#[derive(Debug)]
pub struct Timeline {
    /// Moments with their numbers, which rise along the list.
    moments: VecDeque<(u64, Moment)>,
    at: usize,
    next: u64,
    branches: VecDeque<Branch>,
    bytes: usize,
    limit: usize,
}

/// Where a timeline stands, for the window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The position of the cursor.
    pub at: usize,
    /// Moments in the list.
    pub len: usize,
    /// Positions of the edits, in order.
    pub edits: Vec<usize>,
    /// Positions that branches follow on, the newest branch first.
    pub branches: Vec<usize>,
    /// States since recording began.
    pub recorded: Option<usize>,
    /// Bytes in use.
    pub bytes: usize,
    /// Bytes that may be.
    pub limit: usize,
}

impl Timeline {
    /// A list of one moment that keeps about `limit` bytes.
    pub fn new(first: Moment, limit: usize) -> Self {
        let bytes = first.bytes();
        Self { moments: VecDeque::from([(0, first)]), at: 0, next: 1, branches: VecDeque::new(), bytes, limit }
    }

    /// The moment under the cursor.
    pub fn here(&self) -> &Moment {
        &self.moments[self.at].1
    }

    /// The moment that a step led from to the one under the cursor, where that is so.
    pub fn before(&self) -> Option<&Moment> {
        let before = &self.moments.get(self.at.checked_sub(1)?)?.1;
        self.here().follows(before).then_some(before)
    }

    /// The moment that a step led to from the one under the cursor, where that was shown already.
    pub fn after(&self) -> Option<&Moment> {
        let after = &self.moments.get(self.at + 1)?.1;
        after.follows(self.here()).then_some(after)
    }

    /// The number of the moment under the cursor; it stays its own whatever else is dropped.
    pub fn number(&self) -> u64 {
        self.moments[self.at].0
    }

    /// Whether nothing follows on the cursor.
    pub fn at_end(&self) -> bool {
        self.at + 1 == self.moments.len()
    }

    /// Adds a moment after the cursor and moves there. What followed is cut. A further part of the gesture under the
    /// cursor takes its place.
    pub fn push(&mut self, moment: Moment) {
        self.cut();
        if moment.gesture().is_some() && moment.gesture() == self.here().gesture() {
            self.bytes += moment.bytes();
            self.bytes -= self.here().bytes();
            self.moments[self.at].1 = moment;
        } else {
            self.bytes += moment.bytes();
            self.moments.push_back((self.next, moment));
            self.next += 1;
            self.at += 1;
        }
        self.evict();
    }

    /// Cuts what follows on the cursor, and keeps it as a branch.
    pub fn cut(&mut self) {
        if !self.at_end() {
            let moments = self.moments.split_off(self.at + 1);
            self.branches.push_front(Branch { fork: self.number(), moments });
        }
    }

    /// Puts the newest branch in the place of what follows on its fork, which becomes a branch, and moves to the fork.
    /// False where there is no branch.
    pub fn swap(&mut self) -> bool {
        let Some(branch) = self.branches.pop_front() else { return false };
        let Ok(fork) = self.moments.binary_search_by_key(&branch.fork, |(number, _)| *number) else { return false };
        self.at = fork;
        let rest = self.moments.split_off(fork + 1);
        if !rest.is_empty() {
            // At the back, so that repeated swaps go round.
            self.branches.push_back(Branch { fork: branch.fork, moments: rest });
        }
        self.moments.extend(branch.moments);
        true
    }

    /// One moment back; false at the beginning.
    pub fn back(&mut self) -> bool {
        let possible = self.at > 0;
        self.at -= usize::from(possible);
        possible
    }

    /// One moment on; false at the end.
    pub fn forward(&mut self) -> bool {
        let possible = !self.at_end();
        self.at += usize::from(possible);
        possible
    }

    /// Moves to a position; past the end, to the end.
    pub fn seek(&mut self, position: usize) {
        self.at = position.min(self.moments.len() - 1);
    }

    /// Moves back to where the present world was put on the stage; from there, to where the one before was. False at the
    /// first of all.
    pub fn beginning(&mut self) -> bool {
        let placed = |(_, moment): &(u64, Moment)| matches!(moment.made, Made::Placed { .. });
        let first = self.moments.range(..self.at).rposition(placed).unwrap_or(0);
        std::mem::replace(&mut self.at, first) != first
    }

    /// Moves to before the last edit, the whole of its gesture; false where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(gesture) = self.moments.range(1..=self.at).rev().find_map(|(_, moment)| moment.gesture()) else {
            return false;
        };
        let first = self.moments.iter().skip(1).position(|(_, moment)| moment.gesture() == Some(gesture));
        self.at = first.unwrap_or(0);
        true
    }

    /// Moves to the next edit, the whole of its gesture; false where there is none.
    pub fn redo(&mut self) -> bool {
        let Some(gesture) = self.moments.range(self.at + 1..).find_map(|(_, moment)| moment.gesture()) else {
            return false;
        };
        self.at = self.moments.iter().rposition(|(_, moment)| moment.gesture() == Some(gesture)).unwrap_or(self.at);
        true
    }

    /// The last `n` moments up to the cursor, oldest first.
    pub fn last(&self, n: usize) -> impl Iterator<Item = &Moment> {
        self.moments.range((self.at + 1).saturating_sub(n)..=self.at).map(|(_, moment)| moment)
    }

    /// The moments from a number up to the cursor, and whether all that there were are still kept.
    pub fn since(&self, number: u64) -> (Vec<&Moment>, bool) {
        let first = self.moments.partition_point(|(other, _)| *other < number);
        let whole = self.moments.get(first).is_some_and(|(other, _)| *other == number);
        (self.moments.range(first.min(self.at + 1)..=self.at).map(|(_, moment)| moment).collect(), whole)
    }

    /// Where it stands, and how much of a recording that began at a moment there is.
    pub fn record(&self, recording: Option<u64>) -> Record {
        let edits = self.moments.iter().enumerate().skip(1).filter(|(_, (_, moment))| moment.made != Made::Step);
        let position = |number| self.moments.binary_search_by_key(&number, |(other, _)| *other).ok();
        Record {
            at: self.at,
            len: self.moments.len(),
            edits: edits.map(|(position, _)| position).collect(),
            branches: self.branches.iter().filter_map(|branch| position(branch.fork)).collect(),
            recorded: recording.map(|number| self.since(number).0.len()),
            bytes: self.bytes,
            limit: self.limit,
        }
    }

    /// Drops the oldest until the rest fits: branches first, then steps. An edit and the moment before it stay, so
    /// that every edit can be undone.
    fn evict(&mut self) {
        while self.bytes > self.limit {
            if let Some(branch) = self.branches.pop_back() {
                self.bytes -= branch.moments.iter().map(|(_, moment)| moment.bytes()).sum::<usize>();
                continue;
            }
            let made = |position: usize| self.moments.get(position).map(|(_, moment)| moment.made);
            let spare =
                |&position: &usize| made(position) == Some(Made::Step) && made(position + 1) == Some(Made::Step);
            // The first moment counts as a step: nothing before it can be gone back to.
            let Some(oldest) =
                std::iter::once(0).filter(|_| made(1) == Some(Made::Step)).chain((1..self.at).filter(spare)).next()
            else {
                return;
            };
            if let Some((_, moment)) = self.moments.remove(oldest) {
                self.bytes -= moment.bytes();
                self.at -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(step: u32, made: Made) -> Moment {
        let state = Packed::new(&Grid::filled(3, 3, (step % 10) as u8));
        Moment { state, rival: None, step, seed: 0, update: 0, rule: 0, made }
    }

    fn line(steps: u32) -> Timeline {
        let mut line = Timeline::new(moment(0, Made::Step), MEMORY);
        (1..=steps).for_each(|step| line.push(moment(step, Made::Step)));
        line
    }

    #[test]
    fn packing_keeps_every_cell() {
        for (height, width) in [(1, 1), (3, 3), (4, 5), (7, 2)] {
            let cells = (0..height * width).map(|cell| (cell * 7 % 10) as u8).collect();
            let grid = Grid { height, width, cells };
            assert_eq!(Packed::new(&grid).grid(), grid);
            let strokes = [(0, 3), (height as u32 * width as u32 - 1, 12), (99, 1)];
            let mut painted = grid.clone();
            crate::canvas::paint(&mut painted, &strokes);
            assert_eq!(Packed::new(&grid).painted(&strokes).grid(), painted);
        }
    }

    #[test]
    fn a_step_in_the_past_makes_a_branch_that_can_be_taken_up_again() {
        let mut line = line(5);
        line.seek(2);
        line.push(moment(30, Made::Step));
        assert_eq!((line.record(None).at, line.record(None).len, line.record(None).branches), (3, 4, vec![2]));
        assert!(line.swap());
        assert_eq!((line.here().step, line.record(None).len), (2, 6));
        line.seek(99);
        assert_eq!(line.here().step, 5);
        assert!(line.swap());
        assert!(line.forward() && line.at_end());
        assert_eq!(line.here().step, 30);
        assert!(!Timeline::new(moment(0, Made::Step), 0).swap());
    }

    #[test]
    fn undo_takes_back_a_gesture_and_redo_brings_it_back() {
        let mut line = line(2);
        let edit = |step, gesture| moment(step, Made::Edit { gesture });
        line.push(edit(3, 1));
        line.push(edit(4, 1));
        assert_eq!(line.record(None).len, 4, "parts of a gesture on a resting stage are one moment");
        line.push(moment(5, Made::Step));
        line.push(edit(6, 1));
        line.push(edit(7, 2));
        assert!(line.undo());
        assert_eq!(line.here().step, 6);
        assert!(line.undo());
        assert_eq!(line.here().step, 2, "and what the gesture painted before the step");
        assert!(!line.undo());
        assert!(line.redo());
        assert_eq!(line.here().step, 6);
        assert!(line.redo() && !line.redo());
        assert_eq!(line.here().step, 7);
    }

    #[test]
    fn memory_is_bounded_and_every_edit_can_still_be_undone() {
        let bytes = moment(0, Made::Step).bytes();
        let mut line = Timeline::new(moment(0, Made::Step), 10 * bytes);
        for step in 1..100 {
            let made = if step == 5 || step == 50 { Made::Edit { gesture: step } } else { Made::Step };
            line.push(moment(step, made));
            assert!(line.bytes <= 10 * bytes);
        }
        let steps: Vec<u32> = line.moments.iter().map(|(_, moment)| moment.step).collect();
        assert_eq!(steps, [4, 5, 49, 50, 94, 95, 96, 97, 98, 99]);
        assert!(line.undo() && line.here().step == 49 && line.undo() && line.here().step == 4 && !line.undo());
    }

    #[test]
    fn a_recording_knows_whether_its_beginning_is_still_there() {
        let mut line = line(4);
        let from = line.number();
        (5..8).for_each(|step| line.push(moment(step, Made::Step)));
        let (moments, whole) = line.since(from);
        assert!(whole && moments.iter().map(|moment| moment.step).eq([4, 5, 6, 7]));
        assert!(line.last(2).map(|moment| moment.step).eq([6, 7]));
        assert_eq!(line.last(99).count(), 8);
        let mut short = Timeline::new(moment(0, Made::Step), 3 * moment(0, Made::Step).bytes());
        let from = short.number();
        (1..9).for_each(|step| short.push(moment(step, Made::Step)));
        assert_eq!((short.since(from).0.len(), short.since(from).1), (3, false));
    }
}
