//! `torch.save` since PyTorch 1.6: a zip archive with `data.pkl` and a file of raw numbers for each storage.

use std::fs::File;
use std::io::{BufReader, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::source::Source;
use super::{Fault, broken, pickle, torch};
use crate::backbone::NamedTensor;

/// The longest description of tensors; real ones have some tens of thousands of bytes.
const MAX_PICKLE: u64 = 64 << 20;

impl From<ZipError> for Fault {
    fn from(error: ZipError) -> Self {
        Self::Broken(error.to_string())
    }
}

pub(super) fn read(file: File) -> Result<Vec<NamedTensor>, Fault> {
    let len = file.metadata()?.len();
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    let names = archive
        .file_names()
        .map(|name| Ok(name?.into_owned()))
        .collect::<Result<Vec<String>, ZipError>>()?;
    let Some(folder) = names.iter().find_map(|name| name.strip_suffix("data.pkl")) else {
        return broken("it is a zip archive, but has no data.pkl");
    };
    if names.iter().any(|name| name.ends_with("constants.pkl")) {
        return broken("it is a TorchScript program; save its state_dict() instead");
    }
    let description = entry(&mut archive, &format!("{folder}data.pkl"), MAX_PICKLE)?;
    let size = description.len() as u64;
    let value = pickle::read(&mut Source::new(description.as_slice(), size))?;
    let read = |view: &torch::View| {
        let name = format!("{folder}data/{}", view.storage);
        view.tensor(&entry(&mut archive, &name, view.storage_bytes()?.min(len))?)
    };
    torch::views(&value)?.iter().filter(|view| view.is_float()).map(read).collect()
}

/// At most `limit` bytes of a file in the archive; its size is not believed.
fn entry<R: Read + std::io::Seek>(
    archive: &mut ZipArchive<R>,
    name: &str,
    limit: u64,
) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    archive.by_name(name)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
