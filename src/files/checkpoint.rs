//! Checkpoints: a safetensors file with everything that the run's future depends on.
//!
//! Tensors: the parameters by their names in `spec::params` (f32), what the optimiser keeps for each of them as
//! `OPTIMISER.STATE.NAME` of the same shape (`adam.m.NAME`, `adam.v.NAME`), `critic.return_mean` and
//! `critic.return_std` (f32, shape (1)), and `worlds` (u8, (B, H, W)). Metadata: `primordia` (the format's version),
//! `config` (RON), the counters `update`, `step`, `starts`, `agent_steps` and `seconds`, the optimiser's name as
//! `optimiser` and its steps as `OPTIMISER_step`. A checkpoint without an optimiser can be played and not learned on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use safetensors::tensor::{Dtype, SafeTensors};

use super::tensors::{Data, Tensor, write_tensors};
use super::{FileError, read};
use crate::spec::COLOURS;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::optimiser::Optimiser;
use crate::spec::params::Params;
use crate::spec::rule::Rule;

/// The version of the format.
const VERSION: &str = "1";
/// The optimiser of files that do not name one.
const UNNAMED: &str = "adam";
/// Room for 4096 worlds of 1024² cells, or 256 of the largest.
const MAX_BYTES: u64 = 1 << 33;

/// A run between two updates.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What the last update left.
    pub rule: Rule,
    /// How far the run has come.
    pub progress: Progress,
    /// What learning goes on with; a rule that is only played needs none.
    pub optimiser: Option<Optimiser>,
    /// The training worlds' states.
    pub worlds: Vec<Grid>,
}

/// A run's counters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Steps that every world has taken: the counter of the random numbers.
    pub steps: u32,
    /// How often the worlds were started: the counter of the starting states.
    pub starts: u32,
    /// Agent-steps so far.
    pub agent_steps: u64,
    /// Seconds of learning so far.
    pub seconds: f64,
}

impl Checkpoint {
    /// Reads and checks a checkpoint.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = read(path, MAX_BYTES)?;
        parse(&bytes).map_err(|problem| FileError::content(path, problem))
    }

    /// Writes it whole or not at all; refuses numbers that are not finite, so that the file before survives them.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let Self { rule, progress, optimiser, worlds } = self;
        let (mean, std) = rule.returns;
        let params = rule.params.iter().chain([&mean, &std]);
        if !params.copied().all(f32::is_finite) || !optimiser.as_ref().is_none_or(Optimiser::is_finite) {
            return Err(FileError::content(path, "is kept as it was: the new numbers are not finite"));
        }
        let kept = optimiser.iter().flat_map(|optimiser| {
            optimiser.state.iter().map(|(state, values)| (format!("{}.{state}.", optimiser.name), &values[..]))
        });
        let layouts: Vec<(String, &[f32])> = std::iter::once((String::new(), &rule.params[..])).chain(kept).collect();
        let mut tensors = Vec::new();
        for tensor in &Params::new(&rule.config.model).tensors {
            for (prefix, values) in &layouts {
                let values: Vec<f32> = tensor.indices().map(|at| values[at]).collect();
                let name = format!("{prefix}{}", tensor.name);
                tensors.push(Tensor::new(name, &tensor.shape, Data::F32(&values)));
            }
        }
        tensors.push(Tensor::new("critic.return_mean", &[1], Data::F32(&[mean])));
        tensors.push(Tensor::new("critic.return_std", &[1], Data::F32(&[std])));
        let (height, width) = rule.config.world.size;
        let cells: Vec<u8> = worlds.iter().flat_map(|grid| grid.cells.iter().copied()).collect();
        tensors.push(Tensor::new("worlds", &[worlds.len(), height, width], Data::U8(&cells)));
        let mut metadata = vec![
            ("primordia".to_owned(), VERSION.to_owned()),
            ("config".to_owned(), rule.config.to_ron()),
            ("update".to_owned(), rule.update.to_string()),
            ("step".to_owned(), progress.steps.to_string()),
            ("starts".to_owned(), progress.starts.to_string()),
            ("agent_steps".to_owned(), progress.agent_steps.to_string()),
            ("seconds".to_owned(), progress.seconds.to_string()),
        ];
        if let Some(optimiser) = optimiser {
            metadata.push(("optimiser".to_owned(), optimiser.name.clone()));
            metadata.push((format!("{}_step", optimiser.name), optimiser.step.to_string()));
        }
        write_tensors(path, &tensors, metadata)
    }
}

fn parse(bytes: &[u8]) -> Result<Checkpoint, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| unreadable(bytes, &error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(bytes, &error))?;
    let metadata = header.metadata().as_ref();
    let find = |key: &str| metadata.and_then(|entries| entries.get(key));
    let entry = |key: &str| find(key).ok_or(format!("is not a checkpoint of Primordia: it has no `{key}`"));
    let version = entry("primordia")?;
    if version != VERSION {
        return Err(format!("is a checkpoint of format {version:?}; this build reads format {VERSION}"));
    }
    let config = Config::from_ron(entry("config")?).map_err(|error| format!("holds a wrong configuration: {error}"))?;
    let params = Params::new(&config.model);

    let mut expected: BTreeSet<String> =
        ["critic.return_mean", "critic.return_std", "worlds"].map(str::to_owned).into_iter().collect();
    let mut layout = |prefix: &str| -> Result<Vec<f32>, String> {
        let mut values = vec![0.0; params.len];
        for tensor in &params.tensors {
            let name = format!("{prefix}{}", tensor.name);
            for (at, value) in tensor.indices().zip(floats(&file, &name, &tensor.shape)?) {
                values[at] = value;
            }
            expected.insert(name);
        }
        Ok(values)
    };
    let values = layout("")?;
    let name = find("optimiser").map_or(UNNAMED, String::as_str);
    let step = format!("{name}_step");
    let optimiser = match find(&step) {
        None => None,
        Some(steps) => {
            // The first parameter's tensors tell what is kept for all of them.
            let first = &params.tensors[0].name;
            let kept = |tensor: &str| {
                let state = tensor.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(first)?.strip_suffix('.')?;
                Some(state.to_owned())
            };
            let states: Vec<String> = file.names().into_iter().filter_map(kept).collect();
            let state: Result<BTreeMap<_, _>, String> =
                states.into_iter().map(|state| Ok((state.clone(), layout(&format!("{name}.{state}."))?))).collect();
            Some(Optimiser { name: name.to_owned(), step: number(steps, &step)?, state: state? })
        }
    };
    if let Some(name) = file.names().into_iter().find(|name| !expected.contains(*name)) {
        return Err(format!("is of another architecture: its configuration has no tensor `{name}`"));
    }

    let (height, width) = config.world.size;
    let cells = tensor(&file, "worlds", Dtype::U8, &[config.world.count, height, width])?;
    if cells.iter().any(|&colour| usize::from(colour) >= COLOURS) {
        return Err("holds worlds with a colour above 9".to_owned());
    }
    let worlds =
        cells.chunks_exact(height * width).map(|cells| Grid { height, width, cells: cells.to_vec() }).collect();
    let scalar = |name: &str| -> Result<f32, String> { Ok(floats(&file, name, &[1])?[0]) };
    let seconds: f64 = number(entry("seconds")?, "seconds")?;
    if !seconds.is_finite() {
        return Err("holds a wrong `seconds`".to_owned());
    }
    Ok(Checkpoint {
        rule: Rule {
            update: number(entry("update")?, "update")?,
            config: Arc::new(config),
            params: values.into(),
            returns: (scalar("critic.return_mean")?, scalar("critic.return_std")?),
            target: None,
        },
        progress: Progress {
            steps: number(entry("step")?, "step")?,
            starts: number(entry("starts")?, "starts")?,
            agent_steps: number(entry("agent_steps")?, "agent_steps")?,
            seconds,
        },
        optimiser,
        worlds,
    })
}

/// Why safetensors cannot read the bytes.
fn unreadable(bytes: &[u8], error: &safetensors::SafeTensorError) -> String {
    use safetensors::SafeTensorError::{HeaderTooSmall, InvalidHeaderLength, MetadataIncompleteBuffer};
    let begins_as_json = bytes.get(8).is_none_or(|&byte| byte == b'{');
    match error {
        HeaderTooSmall | InvalidHeaderLength | MetadataIncompleteBuffer if begins_as_json => {
            "is cut short: it has fewer or more bytes than its header says".to_owned()
        }
        _ => "is not a checkpoint of Primordia".to_owned(),
    }
}

fn tensor<'a>(file: &SafeTensors<'a>, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&'a [u8], String> {
    let view = file.tensor(name).map_err(|_| {
        format!("is of another architecture: it has no tensor `{name}`, which its configuration asks for")
    })?;
    if view.dtype() != dtype || view.shape() != shape {
        return Err(format!(
            "is of another architecture: tensor `{name}` is {} {:?}, and its configuration asks for {dtype} {shape:?}",
            view.dtype(),
            view.shape(),
        ));
    }
    Ok(view.data())
}

fn floats(file: &SafeTensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let data = tensor(file, name, Dtype::F32, shape)?;
    let values: Vec<f32> = data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(format!("holds numbers in tensor `{name}` that are not finite"));
    }
    Ok(values)
}

fn number<T: FromStr>(text: &str, key: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("holds a wrong `{key}`"))
}
