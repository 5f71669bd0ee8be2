//! `torch.save` since PyTorch 1.6: a zip archive with `NAME/data.pkl` and a file `NAME/data/KEY` a storage
//! (PyTorch, `torch/serialization.py`). Nothing in it is compressed, so that storages are runs of the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::torch::{self, Extents};
use super::{Fault, NamedTensor, damaged, pickle, too_short};

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
/// When it is damaged, or made by something else.
pub(super) fn read(mut file: File) -> Result<Vec<NamedTensor>, Fault> {
    let entries = entries(&file)?;
    let index = entries.iter().find_map(|(name, extent)| {
        name.strip_suffix("data.pkl").map(|folder| (folder.to_owned(), *extent))
    });
    let Some((folder, (start, len))) = index else {
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

/// Where each file of the archive is.
fn entries(file: &File) -> Result<Extents, Fault> {
    let file_len = file.metadata()?.len();
    let mut archive = ZipArchive::new(BufReader::new(file))?;
    let mut entries = Extents::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at)?;
        let (start, len) = (entry.data_start().unwrap_or(u64::MAX), entry.size());
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(damaged(format!("'{}' is compressed", entry.name()?.escape_debug())));
        }
        if start.checked_add(len).is_none_or(|end| end > file_len) {
            return Err(too_short());
        }
        entries.insert(entry.name()?.into_owned(), (start, len));
    }
    Ok(entries)
}
