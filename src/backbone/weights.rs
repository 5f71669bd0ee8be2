//! Weights from safetensors files, checked against the network that wants them.

use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize_to_file};

use super::BackboneError;
use super::network::Parameter;

/// A weights file in memory, with its path for the error messages.
#[derive(Clone, Copy)]
pub struct WeightsFile<'a> {
    /// Where the bytes came from.
    pub path: &'a Path,
    /// The file's content.
    pub bytes: &'a [u8],
}

/// Reads a network's weights as f32 tensors, in the order of `parameters`. Tensors the network does not name are
/// left alone.
///
/// # Errors
/// When the file is no safetensors file, or a tensor is missing, has another shape or type (f32, f16 and bf16 are
/// read), or holds a value that is not finite.
pub(super) fn load(
    file: WeightsFile<'_>,
    parameters: &[Parameter],
    device: &Device,
) -> Result<Vec<Tensor>, BackboneError> {
    let tensors = SafeTensors::deserialize(file.bytes).map_err(|error| {
        BackboneError::NotSafetensors { path: file.path.to_owned(), reason: error.to_string() }
    })?;
    parameters.iter().map(|parameter| load_one(file.path, &tensors, parameter, device)).collect()
}

fn load_one(
    path: &Path,
    file: &SafeTensors<'_>,
    parameter: &Parameter,
    device: &Device,
) -> Result<Tensor, BackboneError> {
    let Parameter { name, shape } = parameter;
    let view = file.tensor(name).map_err(|_| BackboneError::MissingTensor {
        path: path.to_owned(),
        tensor: name.clone(),
        expected: shape.clone(),
    })?;
    let dtype = readable_dtype(&view);
    let (Some(dtype), true) = (dtype, view.shape() == shape) else {
        return Err(BackboneError::WrongTensor {
            path: path.to_owned(),
            tensor: name.clone(),
            expected: format!("{shape:?} of floats"),
            found: format!("{:?} of {:?}", view.shape(), view.dtype()),
        });
    };
    let tensor = Tensor::from_raw_buffer(view.data(), dtype, shape, &Device::Cpu)?;
    let tensor = tensor.to_dtype(DType::F32)?;
    let finite = tensor.flatten_all()?.to_vec1::<f32>()?.iter().all(|value| value.is_finite());
    if !finite {
        return Err(BackboneError::NotFinite { path: path.to_owned(), tensor: name.clone() });
    }
    Ok(tensor.to_device(device)?)
}

fn readable_dtype(view: &TensorView<'_>) -> Option<DType> {
    match view.dtype() {
        Dtype::F32 => Some(DType::F32),
        Dtype::F16 => Some(DType::F16),
        Dtype::BF16 => Some(DType::BF16),
        _ => None,
    }
}

/// A named f32 tensor to be written.
pub struct NamedTensor {
    /// Its name in the file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, the last axis fastest.
    pub values: Vec<f32>,
}

/// Writes tensors to a safetensors file, which is there only once it is whole.
///
/// # Errors
/// When the file cannot be written.
pub fn write_safetensors(path: &Path, tensors: &[NamedTensor]) -> Result<(), BackboneError> {
    let failed = |reason: String| BackboneError::Unwritable { path: path.to_owned(), reason };
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|t| t.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let mut views = Vec::with_capacity(tensors.len());
    for (tensor, bytes) in tensors.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes);
        views.push((tensor.name.as_str(), view.map_err(|error| failed(error.to_string()))?));
    }
    let unfinished = path.with_extension("unfinished");
    serialize_to_file(views, None, &unfinished).map_err(|error| failed(error.to_string()))?;
    fs::rename(&unfinished, path).map_err(|error| failed(error.to_string()))
}
