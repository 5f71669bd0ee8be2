//! Weights from safetensors files, checked against the network that needs them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::f16;
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, View, serialize_to_file};

use super::encoding::{Encoding, NumericType};
use super::error::NetworkError;
use super::graph::Parameter;
use crate::atomic_file::write_atomically;

/// Maximum length of a header; the limit of the format.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// A safetensors file that is read tensor by tensor. VGG16 is half a gigabyte, and is in memory
/// once.
pub struct WeightsFile {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Offset of the tensors, in bytes.
    start: u64,
}

impl WeightsFile {
    /// Reads the header of a file. `path` is for the error messages.
    ///
    /// # Errors
    /// [`NetworkError::NotSafetensors`] if the file cannot be read, or is not a complete
    /// safetensors file.
    pub fn new(path: &Path, mut file: File) -> Result<Self, NetworkError> {
        let (header, start) = read_header(&mut file).map_err(|error| {
            NetworkError::NotSafetensors { path: path.to_owned(), reason: error.to_string() }
        })?;
        Ok(Self { path: path.to_owned(), file, header, start })
    }

    /// Reads every tensor of floats, in the order of the file. NaN and infinity are read too.
    ///
    /// # Errors
    /// [`NetworkError::Unreadable`] if the file cannot be read.
    pub(crate) fn read_all(mut self) -> Result<Vec<NamedTensor>, NetworkError> {
        let mut tensors = Vec::new();
        for name in self.header.offset_keys() {
            let Some(info) = self.header.info(&name) else { continue };
            if let Some(encoding) = encoding(info.dtype) {
                let values = read_values(&mut self.file, self.start, info, encoding);
                let values = values.map_err(|source| NetworkError::Unreadable {
                    path: self.path.clone(),
                    source,
                })?;
                tensors.push(NamedTensor { name, shape: info.shape.clone(), values });
            }
        }
        Ok(tensors)
    }

    /// Reads a network's tensor as f32, the last axis fastest.
    ///
    /// Tensors that no network needs are never read.
    ///
    /// # Errors
    /// - [`NetworkError::MissingTensor`] if the tensor is missing.
    /// - [`NetworkError::WrongTensor`] if it has another shape or type. f16, bf16, f32 and f64 are
    ///   read.
    /// - [`NetworkError::NotFinite`] if it holds a value that is not finite.
    /// - [`NetworkError::Unreadable`] if it cannot be read.
    pub(crate) fn read(&mut self, parameter: &Parameter) -> Result<Vec<f32>, NetworkError> {
        let Parameter { name, shape } = parameter;
        let info = self.header.info(name).ok_or_else(|| NetworkError::MissingTensor {
            path: self.path.clone(),
            tensor: name.clone(),
            expected: shape.clone(),
        })?;
        let (Some(encoding), true) = (encoding(info.dtype), info.shape == *shape) else {
            return Err(NetworkError::WrongTensor {
                path: self.path.clone(),
                tensor: name.clone(),
                expected: format!("{shape:?} of floats"),
                found: format!("{:?} of {:?}", info.shape, info.dtype),
            });
        };
        let values = read_values(&mut self.file, self.start, info, encoding)
            .map_err(|source| NetworkError::Unreadable { path: self.path.clone(), source })?;
        if !values.iter().all(|value| value.is_finite()) {
            let path = self.path.clone();
            let tensor = name.clone();
            return Err(NetworkError::NotFinite { path, tensor });
        }
        Ok(values)
    }
}

/// Reads the header of a file, and returns it with the offset of the tensors in bytes.
fn read_header(file: &mut File) -> io::Result<(Metadata, u64)> {
    let mut size = [0; 8];
    file.rewind()?;
    file.read_exact(&mut size)?;
    let size = u64::from_le_bytes(size).min(MAX_HEADER_BYTES);
    let mut header = Vec::new();
    file.take(size).read_to_end(&mut header)?;
    let header: Metadata = serde_json::from_slice(&header)?;
    let start = 8 + size;
    let len = file.metadata()?.len();
    if start + header.data_len() as u64 != len {
        let message = format!("its header speaks of another length than its {len} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok((header, start))
}

/// Returns the encoding of a type. Returns `None` for types that no weights have.
fn encoding(dtype: Dtype) -> Option<Encoding> {
    Some(Encoding::little(match dtype {
        Dtype::F16 => NumericType::F16,
        Dtype::BF16 => NumericType::BF16,
        Dtype::F32 => NumericType::F32,
        Dtype::F64 => NumericType::F64,
        _ => return None,
    }))
}

fn read_values(
    file: &mut File,
    start: u64,
    info: &TensorInfo,
    encoding: Encoding,
) -> io::Result<Vec<f32>> {
    file.seek(SeekFrom::Start(start + info.data_offsets.0 as u64))?;
    encoding.read(file, info.shape.iter().product())
}

/// A named f32 tensor.
pub struct NamedTensor {
    /// Its name in the file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, the last axis fastest.
    pub values: Vec<f32>,
}

/// Type in which values are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightsDtype {
    /// 32-bit floats, unchanged.
    #[default]
    F32,
    /// Rounded to 16-bit floats: half the size, three digits.
    F16,
}

/// A tensor with the type in which its values are stored.
struct TypedTensor<'a> {
    tensor: &'a NamedTensor,
    dtype: WeightsDtype,
}

impl View for TypedTensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.dtype {
            WeightsDtype::F32 => Dtype::F32,
            WeightsDtype::F16 => Dtype::F16,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.tensor.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.tensor.values.iter();
        match self.dtype {
            WeightsDtype::F32 => values.flat_map(|value| value.to_le_bytes()).collect(),
            WeightsDtype::F16 => values.flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect(),
        }
    }

    fn data_len(&self) -> usize {
        let width = match self.dtype {
            WeightsDtype::F32 => size_of::<f32>(),
            WeightsDtype::F16 => size_of::<f16>(),
        };
        width * self.tensor.values.len()
    }
}

/// Writes tensors to a safetensors file, atomically.
///
/// # Errors
/// [`NetworkError::Unwritable`] if the file cannot be written.
pub fn write_safetensors(path: &Path, tensors: &[NamedTensor]) -> Result<(), NetworkError> {
    write_safetensors_as(path, tensors, WeightsDtype::F32)
}

/// Writes tensors as [`write_safetensors`] does, with the values stored as `dtype`.
///
/// # Errors
/// [`NetworkError::Unwritable`] if the file cannot be written.
pub fn write_safetensors_as(
    path: &Path,
    tensors: &[NamedTensor],
    dtype: WeightsDtype,
) -> Result<(), NetworkError> {
    let tensors =
        tensors.iter().map(|tensor| (tensor.name.as_str(), TypedTensor { tensor, dtype }));
    write_atomically(path, |path| serialize_to_file(tensors, None, path).map_err(io::Error::other))
        .map_err(|error| NetworkError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        })
}
