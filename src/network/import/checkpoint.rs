//! Checkpoints: files of weights in any known format.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::fault::{Fault, damaged};
use super::{keras, numpy, torch_legacy, torch_zip};
use crate::network::error::NetworkError;
use crate::network::weights::{NamedTensor, WeightsFile};

/// The tensors of a file, in the file's names and layouts.
pub struct Checkpoint {
    /// Format of the file.
    pub format: Format,
    /// Its tensors of floats. Integers, such as batch counts, are left out.
    pub tensors: Vec<NamedTensor>,
}

/// A file format of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// safetensors.
    Safetensors,
    /// `torch.save` since PyTorch 1.6: a zip archive of a pickle and raw numbers.
    TorchZip,
    /// `torch.save` before PyTorch 1.6: pickles and raw numbers in one stream.
    TorchLegacy,
    /// A pickled dictionary of numpy arrays.
    NumpyPickle,
    /// HDF5 as Keras writes it.
    KerasHdf5,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::TorchZip => "PyTorch, zip archive",
            Self::TorchLegacy => "PyTorch, stream from before 1.6",
            Self::NumpyPickle => "pickled numpy arrays",
            Self::KerasHdf5 => "Keras HDF5",
        })
    }
}

/// Reads all tensors of floats in a file of any [`Format`].
///
/// # Errors
/// - [`NetworkError::Unreadable`] if the file cannot be read.
/// - [`NetworkError::UnknownFormat`] if it has no known format.
/// - [`NetworkError::BadCheckpoint`] or [`NetworkError::NotSafetensors`] if it is damaged.
/// - [`NetworkError::Code`] if it is a pickle that names a refused function.
pub fn read_checkpoint(path: &Path) -> Result<Checkpoint, NetworkError> {
    let (file, start) =
        open(path).map_err(|source| NetworkError::Unreadable { path: path.to_owned(), source })?;
    let Some(format) = detect(&start) else {
        return Err(NetworkError::UnknownFormat { path: path.to_owned() });
    };
    let tensors = match format {
        Format::Safetensors => Ok(WeightsFile::new(path, file)?.read_all()?),
        Format::TorchZip => torch_zip::read(file),
        Format::TorchLegacy => torch_legacy::read(file),
        Format::NumpyPickle => numpy::read(file),
        Format::KerasHdf5 => keras::read(file),
    };
    match tensors.and_then(check) {
        Ok(tensors) => Ok(Checkpoint { format, tensors }),
        Err(Fault::Code(name)) => Err(NetworkError::Code { path: path.to_owned(), name }),
        Err(Fault::Broken(reason)) => Err(NetworkError::BadCheckpoint {
            path: path.to_owned(),
            format: format.to_string(),
            reason,
        }),
    }
}

/// Opens a file, and returns its first bytes.
fn open(path: &Path) -> io::Result<(File, Vec<u8>)> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    file.by_ref().take(16).read_to_end(&mut start)?;
    file.rewind()?;
    Ok((file, start))
}

/// Detects the format by the first bytes of a file.
fn detect(start: &[u8]) -> Option<Format> {
    const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
    match start {
        _ if start.starts_with(b"PK\x03\x04") => Some(Format::TorchZip),
        _ if start.starts_with(HDF5) => Some(Format::KerasHdf5),
        // The header's length, and its first byte.
        [_, _, _, _, _, 0, 0, 0, b'{', ..] => Some(Format::Safetensors),
        [0x80, 2..=5, number @ ..] if number.starts_with(torch_legacy::MAGIC) => {
            Some(Format::TorchLegacy)
        }
        // A dictionary, also in the protocols that do not begin with their number.
        [0x80, 2..=5, ..] | [b'(', b'd', ..] | [b'}', ..] => Some(Format::NumpyPickle),
        _ if start.starts_with(b"ccollections\n") => Some(Format::NumpyPickle),
        _ => None,
    }
}

/// Refuses tensors without values or with the name of another.
fn check(tensors: Vec<NamedTensor>) -> Result<Vec<NamedTensor>, Fault> {
    let mut names = HashSet::new();
    for NamedTensor { name, values, .. } in &tensors {
        if values.is_empty() || !names.insert(name) {
            let reason = if values.is_empty() { "no values" } else { "a second of its name" };
            return Err(damaged(format!("tensor '{name}' has {reason}")));
        }
    }
    if tensors.is_empty() {
        return Err(damaged("it has no tensors of floats with names; save a model's state_dict()"));
    }
    Ok(tensors)
}
