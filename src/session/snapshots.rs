//! The run as it was after its updates: all of the last ones, fewer the older they are.

use std::collections::BTreeMap;

use tempfile::{TempDir, TempPath};

use crate::files::FileError;
use crate::files::checkpoint::Checkpoint;

/// Of the last updates, every one is kept.
const RECENT: u32 = 64;
/// So many of the older ones are kept, evenly spaced.
const OLDER: usize = 256;
/// Bytes in memory; beyond them the oldest go to disk, until the session ends.
const MEMORY: usize = 256 << 20;

enum Kept {
    Memory(Box<Checkpoint>),
    Disk(TempPath),
}

/// Checkpoints by update.
pub(super) struct Snapshots {
    kept: BTreeMap<u32, Kept>,
    /// Updates between two of the older ones.
    every: u32,
    memory: usize,
    /// Made when it is needed. Its files go before it does.
    folder: Option<TempDir>,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self::new(MEMORY)
    }
}

impl Snapshots {
    fn new(memory: usize) -> Self {
        Self { kept: BTreeMap::new(), every: 1, memory, folder: None }
    }

    /// Keeps the run as it is now.
    pub(super) fn keep(&mut self, checkpoint: &Checkpoint) {
        let update = checkpoint.rule.update;
        self.kept.insert(update, Kept::Memory(Box::new(checkpoint.clone())));
        let recent = update.saturating_sub(RECENT) + 1;
        loop {
            self.kept.retain(|&kept, _| kept >= recent || kept.is_multiple_of(self.every));
            if self.kept.range(..recent).count() <= OLDER {
                break;
            }
            self.every *= 2;
        }
        self.spill();
    }

    /// The newest that is not after `update`.
    pub(super) fn at(&self, update: u32) -> Option<Result<Checkpoint, FileError>> {
        let (_, kept) = self.kept.range(..=update).next_back()?;
        Some(match kept {
            Kept::Memory(checkpoint) => Ok(Checkpoint::clone(checkpoint)),
            Kept::Disk(path) => Checkpoint::read(path),
        })
    }

    /// The oldest update that is kept.
    pub(super) fn oldest(&self) -> Option<u32> {
        self.kept.keys().next().copied()
    }

    /// Lets go of what came after `update`.
    pub(super) fn cut(&mut self, update: u32) {
        self.kept.retain(|&kept, _| kept <= update);
    }

    /// Moves the oldest to disk while there are too many bytes in memory; one that cannot be written is let go.
    fn spill(&mut self) {
        let bytes = |kept: &Kept| match kept {
            Kept::Memory(checkpoint) => bytes(checkpoint),
            Kept::Disk(_) => 0,
        };
        let mut used: usize = self.kept.values().map(bytes).sum();
        let in_memory: Vec<u32> =
            self.kept.iter().filter(|(_, kept)| matches!(kept, Kept::Memory(_))).map(|(&update, _)| update).collect();
        // The newest stays in memory, however large it is.
        for update in in_memory.iter().rev().skip(1).rev() {
            if used <= self.memory {
                return;
            }
            let Some(Kept::Memory(checkpoint)) = self.kept.remove(update) else { continue };
            used -= self::bytes(&checkpoint);
            match self.write(&checkpoint) {
                Ok(path) => drop(self.kept.insert(*update, Kept::Disk(path))),
                Err(error) => log::warn!("the snapshot of update {update} is lost: {error}"),
            }
        }
    }

    fn write(&mut self, checkpoint: &Checkpoint) -> Result<TempPath, Box<dyn std::error::Error>> {
        let folder = match &self.folder {
            Some(folder) => folder,
            None => self.folder.insert(tempfile::Builder::new().prefix("primordia-").tempdir()?),
        };
        let path = folder.path().join(format!("{}.safetensors", checkpoint.rule.update));
        checkpoint.write(&path)?;
        Ok(TempPath::try_from_path(path)?)
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
    use crate::spec::rule::Rule;

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
        let small = |update| Checkpoint { rule: rule(update), worlds: Vec::new(), ..checkpoint(update) };
        let mut snapshots = Snapshots::new(MEMORY);
        (0..=1000).for_each(|update| snapshots.keep(&small(update)));
        let kept: Vec<u32> = snapshots.kept.keys().copied().collect();
        assert!(kept.len() <= OLDER + RECENT as usize);
        assert!((937..=1000).all(|update| kept.contains(&update)), "the last {RECENT} are all there");
        assert_eq!(&kept[..4], [0, 4, 8, 12]);
        let found = |update| snapshots.at(update).expect("there is one").expect("it is in memory").rule.update;
        assert_eq!([found(11), found(990), found(5000)], [8, 990, 1000]);
        snapshots.cut(990);
        assert_eq!(snapshots.at(5000).expect("there is one").expect("it is in memory").rule.update, 990);
    }

    #[test]
    fn beyond_the_memory_they_lie_on_disk_until_the_end() {
        let mut snapshots = Snapshots::new(2 * bytes(&checkpoint(0)));
        (0..5).for_each(|update| snapshots.keep(&checkpoint(update)));
        let folder = snapshots.folder.as_ref().expect("some are on disk").path().to_owned();
        assert_eq!(std::fs::read_dir(&folder).expect("it is there").count(), 3);
        let read = snapshots.at(1).expect("there is one").expect("it can be read");
        assert_eq!(read, checkpoint(1));
        snapshots.cut(0);
        assert_eq!(std::fs::read_dir(&folder).expect("it is there").count(), 1);
        drop(snapshots);
        assert!(!folder.exists());
    }
}
