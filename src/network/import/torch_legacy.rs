//! Files of `torch.save` before PyTorch 1.6.
//!
//! The file is one stream. It begins with five pickles: a magic number, a protocol version, machine
//! properties, the object, and the keys of its storages. For each key, the number of values and the
//! values follow (PyTorch, `torch/serialization.py`, `_legacy_save`).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::fault::{Fault, damaged, too_short};
use super::pickle::{self, Pickle, Value};
use super::torch::{self, Extent, Extents};
use crate::network::weights::NamedTensor;

/// Encoded magic number of such a file, after the pickle's own two bytes.
pub(super) const MAGIC: &[u8] =
    &[0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.'];

/// Reads the tensors of a stream.
///
/// # Errors
/// `Fault::Broken` if it is damaged.
pub(super) fn read(file: File) -> Result<Vec<NamedTensor>, Fault> {
    let len = file.metadata()?.len();
    let mut stream = BufReader::new(file);
    for _ in ["magic number", "protocol version", "machine"] {
        pickle::read(&mut stream, len)?;
    }
    let object = pickle::read(&mut stream, len)?;
    let keys = pickle::read(&mut stream, len)?;
    let extents = find_storages(&mut stream, &object, &keys)?;
    torch::read_tensors(&mut stream.into_inner(), &object, &extents)
}

/// Finds the storages that follow the pickles.
fn find_storages(
    stream: &mut BufReader<File>,
    object: &Pickle,
    keys: &Pickle,
) -> Result<Extents, Fault> {
    let mut widths = HashMap::new();
    for value in object.values() {
        if let Value::Storage(storage) = value {
            widths.insert(object.name(storage.key)?, storage.encoding.width() as u64);
        }
    }
    let Value::List(keys_in_order) = keys.root() else {
        return Err(damaged("there is no list of its storages"));
    };
    let len = stream.get_ref().metadata()?.len();
    let mut extents = Extents::new();
    for key in keys_in_order {
        let key = keys.name(*key)?;
        let mut count = [0; 8];
        stream.read_exact(&mut count)?;
        let width = widths.get(key).ok_or_else(|| damaged(format!("'{key}' is no storage")))?;
        let bytes = u64::from_le_bytes(count).saturating_mul(*width);
        let start = stream.stream_position()?;
        let end = start.checked_add(bytes).filter(|end| *end <= len);
        let end = end.ok_or_else(too_short)?;
        stream.seek(SeekFrom::Start(end))?;
        extents.insert(key.to_owned(), Extent { start, len: bytes });
    }
    Ok(extents)
}
