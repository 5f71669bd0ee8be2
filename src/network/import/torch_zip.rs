//! Files of `torch.save` since PyTorch 1.6.
//!
//! They are zip archives with `NAME/data.pkl` and one file `NAME/data/KEY` per storage (PyTorch,
//! `torch/serialization.py`). Entries are not compressed, so each storage is a byte range of the
//! file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::fault::{Fault, damaged, too_short};
use super::pickle;
use super::torch::{self, Extent, Extents};
use crate::network::weights::NamedTensor;

impl From<ZipError> for Fault {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => error.into(),
            other => damaged(other.to_string()),
        }
    }
}

/// Reads the tensors of an archive.
///
/// # Errors
/// `Fault::Broken` if it is damaged, or was written by another program.
pub(super) fn read(mut file: File) -> Result<Vec<NamedTensor>, Fault> {
    let entries = entries(&file)?;
    let index = entries.iter().find_map(|(name, extent)| {
        name.strip_suffix("data.pkl").map(|folder| (folder.to_owned(), *extent))
    });
    let Some((folder, Extent { start, len })) = index else {
        return Err(damaged("there is no data.pkl in the archive"));
    };
    if entries.keys().any(|name| name.ends_with("constants.pkl")) {
        return Err(damaged("it is a TorchScript program; save its state_dict() instead"));
    }
    file.seek(SeekFrom::Start(start))?;
    let pickle = pickle::read(&mut BufReader::new(file.by_ref().take(len)), len)?;
    let data = format!("{folder}data/");
    let storages = entries
        .into_iter()
        .filter_map(|(name, extent)| name.strip_prefix(&data).map(|key| (key.to_owned(), extent)));
    torch::read_tensors(&mut file, &pickle, &storages.collect())
}

/// Returns the byte range of each file in the archive.
fn entries(file: &File) -> Result<Extents, Fault> {
    let file_len = file.metadata()?.len();
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    let mut entries = Extents::new();
    for i in 0..archive.len() {
        let entry = archive.by_index_raw(i)?;
        let start = entry.data_start().unwrap_or(u64::MAX);
        let len = entry.size();
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(damaged(format!("'{}' is compressed", entry.name()?.escape_debug())));
        }
        if start.checked_add(len).is_none_or(|end| end > file_len) {
            return Err(too_short());
        }
        entries.insert(entry.name()?.into_owned(), Extent { start, len });
    }
    Ok(entries)
}
