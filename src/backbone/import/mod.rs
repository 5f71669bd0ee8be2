//! Weights as people have them, from the frameworks they were trained in.
//!
//! [`read_checkpoint`] tells the format by its content and reads the tensors; [`recognise`] finds out which network they
//! are of and gives them the names and layouts that [`super::Architecture`] wants. Nothing in a file is ever run, and
//! nothing is believed: sizes are checked against the file before memory is taken.

mod keras;
mod mapping;
mod naming;
mod numpy;
mod pickle;
mod source;
mod torch;
mod torch_legacy;
mod torch_zip;
mod value;

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use super::{BackboneError, NamedTensor, WeightsFile};
pub use mapping::{Recognised, recognise};

/// The tensors of a file, in its own names and layouts.
pub struct Checkpoint {
    /// How the file is written.
    pub format: Format,
    /// Its tensors of floats; whole numbers, such as counts of batches, are left out.
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

/// Why a file is no checkpoint.
#[derive(Debug)]
enum Fault {
    /// It asks for code to be run: the name of the function or class.
    Code(String),
    /// It is damaged, or not of the kind it seems to be.
    Broken(String),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "it ends too early".into(),
            _ => error.to_string(),
        })
    }
}

fn broken<T>(reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Broken(reason.into()))
}

/// Reads all tensors of floats in a file of any [`Format`].
///
/// # Errors
/// When the file cannot be read, is of no known format, is damaged, or is a pickle that asks for code to be run.
pub fn read_checkpoint(path: &Path) -> Result<Checkpoint, BackboneError> {
    let unreadable = |source| BackboneError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::new();
    file.by_ref().take(16).read_to_end(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let Some(format) = detect(&start) else {
        return Err(BackboneError::UnknownFormat { path: path.to_owned() });
    };
    let (format, tensors) = match format {
        Format::Safetensors => (format, WeightsFile::new(path, file)?.read_all()?),
        _ => read(format, path, file).map_err(|fault| match fault {
            Fault::Code(name) => BackboneError::Code { path: path.to_owned(), name },
            Fault::Broken(reason) => {
                let (path, format) = (path.to_owned(), format.to_string());
                BackboneError::BadCheckpoint { path, format, reason }
            }
        })?,
    };
    Ok(Checkpoint { format, tensors })
}

/// The format by the first bytes of a file; the two that begin with a pickle are told apart later.
fn detect(start: &[u8]) -> Option<Format> {
    const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
    match start {
        _ if start.starts_with(b"PK\x03\x04") => Some(Format::TorchZip),
        _ if start.starts_with(HDF5) => Some(Format::KerasHdf5),
        [_, _, _, _, _, 0, 0, 0, b'{', ..] => Some(Format::Safetensors),
        [0x80, 2..=5, ..] | [b'(' | b'}', ..] => Some(Format::TorchLegacy),
        _ => None,
    }
}

fn read(format: Format, path: &Path, file: File) -> Result<(Format, Vec<NamedTensor>), Fault> {
    match format {
        Format::KerasHdf5 => Ok((format, keras::read(path)?)),
        Format::TorchZip => Ok((format, torch_zip::read(file)?)),
        _ => match torch_legacy::read(file)? {
            torch_legacy::Content::Torch(tensors) => Ok((Format::TorchLegacy, tensors)),
            torch_legacy::Content::Numpy(value) => {
                Ok((Format::NumpyPickle, numpy::tensors(value)?))
            }
        },
    }
}
