//! Named arrays in a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::{FileError, write_atomically};

/// An array under a name.
#[derive(Debug, Clone)]
pub struct Tensor {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

/// The numbers of an array, row-major.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// Bytes.
    U8(&'a [u8]),
    /// Reals.
    F32(&'a [f32]),
}

impl Tensor {
    /// An array; `data` holds as many numbers as the shape says.
    pub fn new(name: impl Into<String>, shape: &[usize], data: Data) -> Self {
        let (dtype, bytes) = match data {
            Data::U8(values) => (Dtype::U8, values.to_vec()),
            Data::F32(values) => (Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        };
        Self { name: name.into(), shape: shape.to_vec(), dtype, bytes }
    }
}

/// Writes the arrays and (key, text) metadata, whole or not at all.
pub fn write_tensors(path: &Path, tensors: &[Tensor], metadata: Vec<(String, String)>) -> Result<(), FileError> {
    let metadata: HashMap<String, String> = metadata.into_iter().collect();
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)?;
        Ok::<_, safetensors::SafeTensorError>((&tensor.name, view))
    });
    let bytes = views
        .collect::<Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, (!metadata.is_empty()).then_some(metadata)))
        .map_err(|error| FileError::content(path, format!("cannot be written: {error}")))?;
    write_atomically(path, |out| out.write_all(&bytes))
}
