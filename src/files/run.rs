//! A run's folder: `config.ron` as resolved, `metrics.csv` with a row an update, `checkpoint.safetensors`, and
//! `start.npy` where the worlds start from a given picture.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::clip::write_npy;
use super::{FileError, write_atomically};
use crate::spec::config::{Config, Start};
use crate::spec::grid::Grid;

const CONFIG: &str = "config.ron";
const METRICS: &str = "metrics.csv";
const CHECKPOINT: &str = "checkpoint.safetensors";
const START: &str = "start.npy";
const ALL: [&str; 4] = [CONFIG, METRICS, CHECKPOINT, START];

/// An open run folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// A folder for a new run, made if it is not there; one that holds a run is refused. `start` is kept in it, and
    /// the configuration that is returned starts from that.
    pub fn create(path: &Path, config: &Config, start: Option<&Grid>) -> Result<(Self, Config), FileError> {
        if holds_a_run(path) {
            let checkpoint = path.join(CHECKPOINT);
            let problem = if checkpoint.exists() {
                format!(
                    "holds a run already; go on with it by --resume {}, or choose another --out",
                    checkpoint.display()
                )
            } else {
                "holds a run already; choose another --out".to_owned()
            };
            return Err(FileError::content(path, problem));
        }
        let folder = Self::make(path)?;
        let mut config = config.clone();
        let mut written = || {
            if let Some(grid) = start {
                let picture = path.join(START);
                write_npy(&picture, std::slice::from_ref(grid))?;
                config.world.start = Start::Picture(picture.to_string_lossy().into_owned());
            }
            folder.write_config(&config)
        };
        written().inspect_err(|_| folder.discard())?;
        Ok((folder, config))
    }

    /// Removes what `create` made, when the run did not come about.
    pub fn discard(&self) {
        for name in ALL {
            // What is not there need not be removed; what cannot be is no worse than it was.
            let _ = fs::remove_file(self.path.join(name));
        }
        // Fails, as it should, where the folder holds something else.
        let _ = fs::remove_dir(&self.path);
    }

    /// The folder of a run that goes on after `update`: later rows of its metrics are dropped.
    pub fn resume(path: &Path, config: &Config, update: u32) -> Result<Self, FileError> {
        let folder = Self::make(path)?;
        let metrics = folder.metrics_path();
        if metrics.exists() {
            let text = fs::read_to_string(&metrics).map_err(FileError::reading(&metrics))?;
            let kept = rows_until(&text, update);
            if kept != text {
                write_atomically(&metrics, |out| out.write_all(kept.as_bytes()))?;
            }
        }
        folder.write_config(config)?;
        Ok(folder)
    }

    /// Where the checkpoint lies.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Where the metrics lie.
    pub fn metrics_path(&self) -> PathBuf {
        self.path.join(METRICS)
    }

    /// Appends a row of (column, value) to the metrics, after a header if there is none.
    pub fn append(&self, row: &[(String, String)]) -> Result<(), FileError> {
        let path = self.metrics_path();
        let line = |cells: Vec<&str>| cells.join(",") + "\n";
        let header = line(row.iter().map(|(column, _)| column.as_str()).collect());
        let values = line(row.iter().map(|(_, value)| value.as_str()).collect());
        let length = fs::metadata(&path).map_or(0, |file| file.len());
        if length > 0 && !starts_with(&path, &header).map_err(FileError::reading(&path))? {
            return Err(FileError::content(&path, "has other columns than are written now; move it away"));
        }
        let text = if length == 0 { header + &values } else { values };
        append_whole(&path, length, &text).map_err(FileError::writing(&path))
    }

    /// Replaces the checkpoint, and the configuration beside it.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<(), FileError> {
        checkpoint.write(&self.checkpoint_path())?;
        self.write_config(&checkpoint.config)
    }

    fn make(path: &Path) -> Result<Self, FileError> {
        fs::create_dir_all(path).map_err(FileError::writing(path))?;
        Ok(Self { path: path.to_owned() })
    }

    fn write_config(&self, config: &Config) -> Result<(), FileError> {
        write_atomically(&self.path.join(CONFIG), |out| writeln!(out, "{}", config.to_ron()))
    }
}

/// The checkpoint that a path stands for: of a run's folder the one inside, else the path itself.
pub fn checkpoint_at(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(CHECKPOINT) } else { path.to_owned() }
}

/// Whether a folder holds a run, or what is left of one.
pub fn holds_a_run(path: &Path) -> bool {
    ALL.iter().any(|name| path.join(name).exists())
}

/// The header and the whole rows up to an update; a row that a crash cut short is dropped.
fn rows_until(text: &str, update: u32) -> String {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let Some(header) = lines.next() else { return String::new() };
    let columns = header.split(',').count();
    let keep = |line: &&str| {
        let mut cells = line.split(',');
        cells.next().and_then(|first| first.parse::<u32>().ok()).is_some_and(|row| row <= update)
            && cells.count() + 1 == columns
    };
    std::iter::once(header).chain(lines.filter(keep)).collect()
}

fn starts_with(path: &Path, header: &str) -> io::Result<bool> {
    use io::Read;
    let mut start = Vec::new();
    File::open(path)?.take(header.len() as u64).read_to_end(&mut start)?;
    Ok(start == header.as_bytes())
}

/// Appends all of a text or none of it.
fn append_whole(path: &Path, length: u64, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // The write's own error is the one to report.
        let _ = file.set_len(length);
    })
}
