//! Checkpoints: a safetensors file with everything that the run's future depends on.
//!
//! Tensors: the parameters by their names in `spec::params` (f32), `adam.m.NAME` and `adam.v.NAME` of the same shapes,
//! `critic.return_mean` and `critic.return_std` (f32, shape (1)), and `worlds` (u8, (B, H, W)). Metadata: `primordia`
//! (the format's version), `config` (RON), and the counters `update`, `step`, `starts`, `agent_steps`, `seconds` and
//! `adam_step`.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use safetensors::tensor::{Dtype, SafeTensors};

use super::tensors::{Data, Tensor, write_tensors};
use super::{FileError, read};
use crate::spec::COLOURS;
use crate::spec::config::Config;
use crate::spec::grid::Grid;
use crate::spec::params::Params;
use crate::spec::rule::Rule;

/// The version of the format.
const VERSION: &str = "1";
/// Room for 4096 worlds of 1024² cells.
const MAX_BYTES: u64 = 1 << 33;

/// A run between two updates.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The configuration in force.
    pub config: Config,
    /// Updates finished.
    pub update: u32,
    /// Steps that every world has taken: the counter of the random numbers.
    pub step: u32,
    /// How often the worlds were started: the counter of the starting states.
    pub starts: u32,
    /// Agent-steps so far.
    pub agent_steps: u64,
    /// Seconds of learning so far.
    pub seconds: f64,
    /// Parameters in the device's layout (`spec::params`).
    pub params: Vec<f32>,
    /// Adam's first moments, same layout.
    pub adam_m: Vec<f32>,
    /// Adam's second moments, same layout.
    pub adam_v: Vec<f32>,
    /// Gradient steps that Adam has taken.
    pub adam_step: u32,
    /// V's output times `return_std` plus `return_mean` is a return.
    pub return_mean: f32,
    /// See `return_mean`.
    pub return_std: f32,
    /// The training worlds' states.
    pub worlds: Vec<Grid>,
}

impl Checkpoint {
    /// Reads and checks a checkpoint.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = read(path, MAX_BYTES)?;
        parse(&bytes).map_err(|problem| FileError::content(path, problem))
    }

    /// What a world that is played takes from it.
    pub fn rule(&self) -> Rule {
        Rule {
            update: self.update,
            config: Arc::new(self.config.clone()),
            params: self.params.as_slice().into(),
            returns: (self.return_mean, self.return_std),
        }
    }

    /// Writes it whole or not at all; refuses numbers that are not finite, so that the file before survives them.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let scalars = [self.return_mean, self.return_std];
        let finite = self.layouts().iter().flat_map(|(_, values)| values.iter()).chain(&scalars).all(|v| v.is_finite());
        if !finite {
            return Err(FileError::content(path, "is kept as it was: the new numbers are not finite"));
        }
        let mut tensors = Vec::new();
        for tensor in &Params::new(&self.config.model).tensors {
            for (prefix, values) in self.layouts() {
                let values: Vec<f32> = tensor.indices().map(|at| values[at]).collect();
                let name = format!("{prefix}{}", tensor.name);
                tensors.push(Tensor::new(name, &tensor.shape, Data::F32(&values)));
            }
        }
        tensors.push(Tensor::new("critic.return_mean", &[1], Data::F32(&[self.return_mean])));
        tensors.push(Tensor::new("critic.return_std", &[1], Data::F32(&[self.return_std])));
        let (height, width) = self.config.world.size;
        let cells: Vec<u8> = self.worlds.iter().flat_map(|grid| grid.cells.iter().copied()).collect();
        tensors.push(Tensor::new("worlds", &[self.worlds.len(), height, width], Data::U8(&cells)));
        let metadata = [
            ("primordia", VERSION.to_owned()),
            ("config", self.config.to_ron()),
            ("update", self.update.to_string()),
            ("step", self.step.to_string()),
            ("starts", self.starts.to_string()),
            ("agent_steps", self.agent_steps.to_string()),
            ("seconds", self.seconds.to_string()),
            ("adam_step", self.adam_step.to_string()),
        ];
        write_tensors(path, &tensors, &metadata)
    }

    /// The buffers in the device's layout, with the prefix of their tensors' names.
    fn layouts(&self) -> [(&'static str, &Vec<f32>); 3] {
        [("", &self.params), ("adam.m.", &self.adam_m), ("adam.v.", &self.adam_v)]
    }
}

fn parse(bytes: &[u8]) -> Result<Checkpoint, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| unreadable(bytes, &error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(bytes, &error))?;
    let metadata = header.metadata().as_ref();
    let entry = |key: &str| {
        metadata
            .and_then(|entries| entries.get(key))
            .ok_or(format!("is not a checkpoint of Primordia: it has no `{key}`"))
    };
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
    let (values, adam_m, adam_v) = (layout("")?, layout("adam.m.")?, layout("adam.v.")?);
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
        update: number(entry("update")?, "update")?,
        step: number(entry("step")?, "step")?,
        starts: number(entry("starts")?, "starts")?,
        agent_steps: number(entry("agent_steps")?, "agent_steps")?,
        adam_step: number(entry("adam_step")?, "adam_step")?,
        seconds,
        params: values,
        adam_m,
        adam_v,
        return_mean: scalar("critic.return_mean")?,
        return_std: scalar("critic.return_std")?,
        worlds,
        config,
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
