//! A run's folder: `config.ron` as resolved, `metrics.csv` with a row an update, `checkpoint.safetensors`, `marks.ron`
//! with what happened to it on the way, and `start.npy` where the worlds start from a given picture.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use csv::StringRecord;
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::format::write_npy;
use super::{FileError, read, write_atomically};
use crate::spec::config::{Config, Start};
use crate::spec::grid::Grid;
use crate::spec::settings::ron_options;

const CONFIG: &str = "config.ron";
const METRICS: &str = "metrics.csv";
const CHECKPOINT: &str = "checkpoint.safetensors";
const MARKS: &str = "marks.ron";
const START: &str = "start.npy";
/// How the names of numbered folders begin.
const NUMBERED: &str = "run-";
const ALL: [&str; 5] = [CONFIG, METRICS, CHECKPOINT, MARKS, START];
/// Room for a million updates and more.
const MAX_BYTES: u64 = 1 << 30;

/// A row of the metrics: columns with their values.
pub type Row = Vec<(String, String)>;

/// Something that happened to a run at an update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The update it belongs to; of a change, the first under the new value.
    pub update: u32,
    /// What happened.
    pub what: Happening,
}

/// What can happen to a run besides learning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// A setting was changed.
    Changed {
        /// As in `--set`.
        path: String,
        /// The value before, as RON.
        from: String,
        /// The value since, as RON.
        to: String,
    },
    /// Somebody wrote this down.
    Note(String),
    /// The run left another one here, which is named.
    Branched(String),
}

impl std::fmt::Display for Happening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed { path, from, to } => {
                write!(f, "{} {from} → {to}", path.split('.').next_back().unwrap_or(path))
            }
            Self::Note(text) => write!(f, "{text}"),
            Self::Branched(run) => write!(f, "branched from {run}"),
        }
    }
}

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

    /// A folder for a new run under `root`, named by the next number that is free.
    pub fn create_next(root: &Path, config: &Config) -> Result<Self, FileError> {
        let number = |path: PathBuf| path.file_name()?.to_str()?.strip_prefix(NUMBERED)?.parse::<u32>().ok();
        let last = folders(root).into_iter().filter_map(number).max().unwrap_or(0);
        fs::create_dir_all(root).map_err(FileError::writing(root))?;
        for number in last + 1.. {
            let path = root.join(format!("{NUMBERED}{number:03}"));
            match fs::create_dir(&path) {
                Ok(()) => return Self::create(&path, config, None).map(|(folder, _)| folder),
                // Another window was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(FileError::writing(&path)(error)),
            }
        }
        Err(FileError::content(root, "holds as many runs as there are numbers"))
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
            let text = text_of(&metrics)?;
            let (columns, rows) = whole_rows(&text);
            let early = rows.filter(|row| row[0].parse::<u32>().is_ok_and(|row| row <= update));
            let kept: Vec<_> = [columns].into_iter().chain(early).filter(|row| !row.is_empty()).collect();
            let kept = csv_of(&kept);
            if kept != text.as_bytes() {
                write_atomically(&metrics, |out| out.write_all(&kept))?;
            }
        }
        folder.write_config(config)?;
        Ok(folder)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the checkpoint lies.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Where the metrics lie.
    pub fn metrics_path(&self) -> PathBuf {
        self.path.join(METRICS)
    }

    /// Appends rows to the metrics, after a header if there is none.
    pub fn append(&self, rows: &[Row]) -> Result<(), FileError> {
        let Some(first) = rows.first() else { return Ok(()) };
        let path = self.metrics_path();
        let header = header_of(first);
        let values = values_of(rows);
        let length = fs::metadata(&path).map_or(0, |file| file.len());
        if length > 0 && !starts_with(&path, &header).map_err(FileError::reading(&path))? {
            return Err(FileError::content(&path, "has other columns than are written now; move it away"));
        }
        let new = if length == 0 { [header, values].concat() } else { values };
        append_whole(&path, length, &new).map_err(FileError::writing(&path))
    }

    /// Replaces the marks.
    pub fn write_marks(&self, marks: &[Mark]) -> Result<(), FileError> {
        let text = ron_options().to_string_pretty(marks, ron::ser::PrettyConfig::new().depth_limit(1));
        let text = text.expect("marks are plain data");
        write_atomically(&self.path.join(MARKS), |out| writeln!(out, "{text}"))
    }

    /// Replaces the checkpoint, and the configuration beside it.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<(), FileError> {
        checkpoint.write(&self.checkpoint_path())?;
        self.write_config(&checkpoint.rule.config)
    }

    fn make(path: &Path) -> Result<Self, FileError> {
        fs::create_dir_all(path).map_err(FileError::writing(path))?;
        Ok(Self { path: path.to_owned() })
    }

    fn write_config(&self, config: &Config) -> Result<(), FileError> {
        write_atomically(&self.path.join(CONFIG), |out| writeln!(out, "{}", config.to_ron()))
    }
}

/// Where a run's folder has its checkpoint.
pub fn checkpoint_in(folder: &Path) -> PathBuf {
    folder.join(CHECKPOINT)
}

/// The checkpoint that a path stands for: of a run's folder the one inside, else the path itself.
pub fn checkpoint_at(path: &Path) -> PathBuf {
    if path.is_dir() { checkpoint_in(path) } else { path.to_owned() }
}

/// Whether a folder holds a run, or what is left of one.
pub fn holds_a_run(path: &Path) -> bool {
    ALL.iter().any(|name| path.join(name).exists())
}

/// Where runs lie: `runs` in the current folder where that can be written, else in the user's `data` folder.
pub fn root(data: Option<PathBuf>) -> PathBuf {
    let here = PathBuf::from("runs");
    let writable = |folder: &Path| tempfile::tempfile_in(folder).is_ok();
    if writable(if here.is_dir() { &here } else { Path::new(".") }) {
        return here;
    }
    data.map_or(here, |data| data.join("runs"))
}

/// The folder of the run that a checkpoint belongs to, if it lies in one under the name it has there.
pub fn folder_of_checkpoint(path: &Path) -> Option<&Path> {
    let folder = path.parent().filter(|_| path.file_name() == Some(CHECKPOINT.as_ref()))?;
    folder.join(METRICS).is_file().then_some(folder)
}

/// The folders of runs with curves under `root`, the newest first.
pub fn runs(root: &Path) -> Vec<PathBuf> {
    newest_first(root, METRICS)
}

/// The checkpoints of the runs under `root`; that of the run that was open last comes first.
pub fn checkpoints(root: &Path) -> Vec<PathBuf> {
    newest_first(root, CHECKPOINT).iter().map(|folder| checkpoint_in(folder)).collect()
}

/// Makes a run the one that was open last, which the time of its checkpoint says.
pub fn touch(checkpoint: &Path) -> Result<(), FileError> {
    let now = |file: File| file.set_modified(SystemTime::now());
    OpenOptions::new().append(true).open(checkpoint).and_then(now).map_err(FileError::writing(checkpoint))
}

fn newest_first(root: &Path, file: &str) -> Vec<PathBuf> {
    let written = |folder: PathBuf| Some((fs::metadata(folder.join(file)).ok()?.modified().ok()?, folder));
    let mut runs: Vec<_> = folders(root).into_iter().filter_map(written).collect();
    runs.sort_by(|a, b| b.cmp(a));
    runs.into_iter().map(|(_, folder)| folder).collect()
}

/// What lies in a folder; nothing where it cannot be read.
fn folders(root: &Path) -> Vec<PathBuf> {
    fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// The rows of a folder's metrics as numbers, each by its column; rows that are not whole are left out.
pub fn read_metrics<T>(
    folder: &Path,
    parse: impl Fn(&dyn Fn(&str) -> Option<f64>) -> Option<T>,
) -> Result<Vec<T>, FileError> {
    let path = folder.join(METRICS);
    let text = text_of(&path)?;
    let (columns, rows) = whole_rows(&text);
    let at = |column: &str| columns.iter().position(|name| name == column);
    let row = |row: StringRecord| parse(&|column| row.get(at(column)?)?.parse().ok());
    Ok(rows.filter_map(row).collect())
}

/// Replaces a file by rows, after a header if there are any.
pub fn write_rows(path: &Path, rows: &[Row]) -> Result<(), FileError> {
    let header = rows.first().map(header_of).unwrap_or_default();
    write_atomically(path, |out| out.write_all(&[header, values_of(rows)].concat()))
}

/// The marks in a folder; none where there is no such file.
pub fn read_marks(folder: &Path) -> Result<Vec<Mark>, FileError> {
    let path = folder.join(MARKS);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let problem = |error: ron::error::SpannedError| FileError::content(&path, format!("holds no marks: {error}"));
    ron_options().from_str(&text_of(&path)?).map_err(problem)
}

fn text_of(path: &Path) -> Result<String, FileError> {
    String::from_utf8(read(path, MAX_BYTES)?).map_err(|_| FileError::content(path, "is not text"))
}

/// The header of a CSV file, and its rows; what a crash cut short is left out.
fn whole_rows(text: &str) -> (StringRecord, impl Iterator<Item = StringRecord>) {
    let whole = &text[..text.rfind('\n').map_or(0, |last| last + 1)];
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(whole.as_bytes());
    let mut rows = reader.into_records().filter_map(Result::ok);
    let header = rows.next().unwrap_or_default();
    let columns = header.len();
    (header, rows.filter(move |row| row.len() == columns))
}

fn header_of(row: &Row) -> Vec<u8> {
    csv_of([row.iter().map(|(column, _)| column)])
}

fn values_of(rows: &[Row]) -> Vec<u8> {
    csv_of(rows.iter().map(|row| row.iter().map(|(_, value)| value)))
}

fn csv_of(rows: impl IntoIterator<Item = impl IntoIterator<Item = impl AsRef<[u8]>>>) -> Vec<u8> {
    let mut out = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    rows.into_iter().try_for_each(|row| out.write_record(row)).expect("memory takes any row");
    out.into_inner().expect("memory takes all rows")
}

fn starts_with(path: &Path, header: &[u8]) -> io::Result<bool> {
    use io::Read;
    let mut start = Vec::new();
    File::open(path)?.take(header.len() as u64).read_to_end(&mut start)?;
    Ok(start == header)
}

/// Appends all of these bytes or none of them.
fn append_whole(path: &Path, length: u64, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(bytes).inspect_err(|_| {
        // The write's own error is the one to report.
        let _ = file.set_len(length);
    })
}
