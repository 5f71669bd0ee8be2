//! Import of published weights from the frameworks they were trained in.
//!
//! [`read_checkpoint`] detects the format by its content and reads the tensors. [`recognize`] finds their network. It
//! gives the tensors the names and layouts of [`super::architectures::Architecture`].
//!
//! No code in a file is run, and no size in it is trusted: sizes are checked against the file before memory is
//! allocated. All tensors together are not much larger than the file.

mod keras;
mod layout;
mod mapping;
mod naming;
mod numpy;
mod pickle;
mod torch;
mod torch_legacy;
mod torch_zip;

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek};
use std::path::Path;

pub use self::mapping::{Recognized, recognize};
use super::error::NetworkError;
use super::weights::{NamedTensor, WeightsFile};

/// Tensors take at most this many times the bytes of their file: weights do not compress, and f16 becomes f32.
const MAX_EXPANSION: u64 = 4;

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

/// Reason why a file is no checkpoint.
#[derive(Debug)]
enum Fault {
    /// A pickle names this function or class, which is refused.
    Code(String),
    /// It is damaged, or not of its apparent format.
    Broken(String),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => too_short(),
            _ => damaged(error.to_string()),
        }
    }
}

fn damaged(reason: impl Into<String>) -> Fault {
    Fault::Broken(reason.into())
}

fn too_short() -> Fault {
    damaged("it ends too early")
}

/// Remaining bytes that a file's tensors may take.
struct Budget(u64);

impl Budget {
    fn of_file(file: &File) -> std::io::Result<Self> {
        Ok(Self(file.metadata()?.len().saturating_mul(MAX_EXPANSION)))
    }

    /// Deducts the memory of `values` floats.
    fn spend(&mut self, values: usize) -> Result<(), Fault> {
        let left = (values as u64).checked_mul(4).and_then(|bytes| self.0.checked_sub(bytes));
        self.0 = left.ok_or_else(|| damaged("its tensors are larger than the file"))?;
        Ok(())
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
    let unreadable = |source| NetworkError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::new();
    file.by_ref().take(16).read_to_end(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let Some(format) = detect(&start) else {
        return Err(NetworkError::UnknownFormat { path: path.to_owned() });
    };
    let fault = |fault| match fault {
        Fault::Code(name) => NetworkError::Code { path: path.to_owned(), name },
        Fault::Broken(reason) => {
            let path = path.to_owned();
            let format = format.to_string();
            NetworkError::BadCheckpoint { path, format, reason }
        }
    };
    let tensors = match format {
        Format::Safetensors => Ok(WeightsFile::new(path, file)?.read_all()?),
        Format::TorchZip => torch_zip::read(file),
        Format::TorchLegacy => torch_legacy::read(file),
        Format::NumpyPickle => numpy::read(file),
        Format::KerasHdf5 => keras::read(file),
    };
    let tensors = tensors.and_then(check).map_err(fault)?;
    Ok(Checkpoint { format, tensors })
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
