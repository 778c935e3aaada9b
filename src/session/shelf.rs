//! Rules by the update that left them, with all that a run needs to go on from there: the learner puts them here; who
//! plays, compares or branches takes them. All of the last updates are here, fewer the older they are.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::{TempDir, TempPath};

use crate::files::checkpoint::Checkpoint;
use crate::spec::rule::Rule;

/// Of the last updates, every one is kept.
const RECENT: u32 = 64;
/// So many of the older ones are kept, evenly spaced.
const OLDER: usize = 256;
/// Bytes in memory; beyond them the oldest go to disk, until the session ends.
const MEMORY: usize = 256 << 20;

#[derive(Clone)]
enum Kept {
    Memory(Arc<Checkpoint>),
    Disk(Arc<TempPath>),
}

/// What is kept of a run, for all threads.
pub(super) struct Shelf(Mutex<Boards>);

struct Boards {
    kept: BTreeMap<u32, Kept>,
    /// The rule of the last update.
    newest: Option<Arc<Rule>>,
    /// Updates between two of the older ones.
    every: u32,
    memory: usize,
    /// Made when it is needed. Its files go before it does.
    folder: Option<TempDir>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new(MEMORY)
    }
}

impl Shelf {
    fn new(memory: usize) -> Self {
        Self(Mutex::new(Boards { kept: BTreeMap::new(), newest: None, every: 1, memory, folder: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Boards> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another run, of which there is nothing yet.
    pub(super) fn clear(&self) {
        let mut boards = self.lock();
        boards.kept.clear();
        boards.every = 1;
    }

    /// Keeps the run as it is after its last update.
    pub(super) fn keep(&self, checkpoint: Arc<Checkpoint>) {
        let mut boards = self.lock();
        let update = checkpoint.rule.update;
        boards.newest = Some(Arc::new(checkpoint.rule.clone()));
        boards.kept.insert(update, Kept::Memory(checkpoint));
        let recent = update.saturating_sub(RECENT) + 1;
        loop {
            let every = boards.every;
            boards.kept.retain(|&kept, _| kept >= recent || kept.is_multiple_of(every));
            if boards.kept.range(..recent).count() <= OLDER {
                return;
            }
            boards.every *= 2;
        }
    }

    /// The rule of the last update.
    pub(super) fn newest(&self) -> Option<Arc<Rule>> {
        self.lock().newest.clone()
    }

    /// The newest that is not after `update`.
    pub(super) fn at(&self, update: u32) -> Result<Arc<Checkpoint>, Box<dyn Error>> {
        let boards = self.lock();
        let Some((_, kept)) = boards.kept.range(..=update).next_back() else {
            return Err(match boards.kept.keys().next() {
                Some(oldest) => {
                    format!("What update {update} left is not here: this session took the run up at {oldest}.")
                }
                None => "There is no run yet.".to_owned(),
            }
            .into());
        };
        let kept = kept.clone();
        drop(boards);
        Ok(match kept {
            Kept::Memory(checkpoint) => checkpoint,
            Kept::Disk(path) => Arc::new(Checkpoint::read(&path)?),
        })
    }

    /// Lets go of what came after `update`.
    pub(super) fn cut(&self, update: u32) {
        self.lock().kept.retain(|&kept, _| kept <= update);
    }

    /// Moves the oldest to disk while there are too many bytes in memory; one that cannot be written is let go.
    pub(super) fn spill(&self) {
        loop {
            let Some((update, checkpoint)) = self.lock().surplus() else { return };
            let written = self.write(&checkpoint);
            let mut boards = self.lock();
            // The run may be another by now.
            let same = |kept: &Kept| matches!(kept, Kept::Memory(same) if Arc::ptr_eq(same, &checkpoint));
            if boards.kept.get(&update).is_some_and(same) {
                match written {
                    Ok(path) => drop(boards.kept.insert(update, Kept::Disk(Arc::new(path)))),
                    Err(error) => {
                        log::warn!("the snapshot of update {update} is lost: {error}");
                        boards.kept.remove(&update);
                    }
                }
            }
        }
    }

    fn write(&self, checkpoint: &Checkpoint) -> Result<TempPath, Box<dyn Error>> {
        let mut boards = self.lock();
        let folder = match &boards.folder {
            Some(folder) => folder,
            None => boards.folder.insert(tempfile::Builder::new().prefix("primordia-").tempdir()?),
        };
        let file = tempfile::Builder::new().suffix(".safetensors").tempfile_in(folder)?;
        drop(boards);
        checkpoint.write(file.path())?;
        Ok(file.into_temp_path())
    }
}

impl Boards {
    /// The oldest in memory, where there is too much of it. The newest stays, however large it is.
    fn surplus(&self) -> Option<(u32, Arc<Checkpoint>)> {
        let in_memory = |(&update, kept): (&u32, &Kept)| match kept {
            Kept::Memory(checkpoint) => Some((update, Arc::clone(checkpoint))),
            Kept::Disk(_) => None,
        };
        let mut all: Vec<_> = self.kept.iter().filter_map(in_memory).collect();
        let used: usize = all.iter().map(|(_, checkpoint)| bytes(checkpoint)).sum();
        (used > self.memory && all.len() > 1).then(|| all.swap_remove(0))
    }
}

fn bytes(checkpoint: &Checkpoint) -> usize {
    let cells: usize = checkpoint.worlds.iter().map(|world| world.cells.len()).sum();
    12 * checkpoint.rule.params.len() + cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::checkpoint::Progress;
    use crate::spec::config::Config;
    use crate::spec::grid::Grid;
    use crate::spec::optimiser::Optimiser;
    use crate::spec::params::Params;

    fn checkpoint(update: u32) -> Checkpoint {
        let config = Config::default();
        let len = Params::new(&config.model).len;
        let (height, width) = config.world.size;
        Checkpoint {
            rule: Rule { update, ..Rule::new(&config, vec![0.0; len]) },
            progress: Progress { steps: update, ..Progress::default() },
            optimiser: Some(Optimiser::adam(update, vec![0.0; len], vec![0.0; len])),
            worlds: vec![Grid::filled(height, width, 1); config.world.count],
        }
    }

    #[test]
    fn old_ones_thin_out_and_the_newest_before_an_update_is_found() {
        // What is thinned out does not depend on what a checkpoint holds.
        let rule = |update| Rule { update, ..Rule::new(&Config::default(), Vec::new()) };
        let shelf = Shelf::new(MEMORY);
        for update in 0..=1000 {
            shelf.keep(Arc::new(Checkpoint { rule: rule(update), worlds: Vec::new(), ..checkpoint(update) }));
        }
        let kept: Vec<u32> = shelf.lock().kept.keys().copied().collect();
        assert!(kept.len() <= OLDER + RECENT as usize);
        assert!((937..=1000).all(|update| kept.contains(&update)), "the last {RECENT} are all there");
        assert_eq!(&kept[..4], [0, 4, 8, 12]);
        let found = |update| shelf.at(update).expect("there is one").rule.update;
        assert_eq!([found(11), found(990), found(5000)], [8, 990, 1000]);
        assert_eq!(shelf.newest().expect("there is one").update, 1000);
        shelf.cut(990);
        assert_eq!(found(5000), 990);
        shelf.clear();
        assert!(shelf.at(5000).is_err());
    }

    #[test]
    fn beyond_the_memory_they_lie_on_disk_until_the_end() {
        let shelf = Shelf::new(2 * bytes(&checkpoint(0)));
        for update in 0..5 {
            shelf.keep(Arc::new(checkpoint(update)));
            shelf.spill();
        }
        let folder = shelf.lock().folder.as_ref().expect("some are on disk").path().to_owned();
        assert_eq!(std::fs::read_dir(&folder).expect("it is there").count(), 3);
        let read = shelf.at(1).expect("it can be read");
        assert_eq!(*read, checkpoint(1));
        shelf.cut(0);
        assert_eq!(std::fs::read_dir(&folder).expect("it is there").count(), 1);
        drop(shelf);
        assert!(!folder.exists());
    }
}
