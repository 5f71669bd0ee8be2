//! PyTorch's tensors: a pickle has their shapes, and the values are in another part of the file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};

use super::budget::Budget;
use super::fault::{Fault, damaged};
use super::pickle::{Pickle, Tensor, Value};
use crate::network::weights::NamedTensor;

/// Byte range of a storage in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Index of the first byte.
    pub(super) start: u64,
    /// Number of bytes.
    pub(super) len: u64,
}

/// Byte ranges of storages in the file, by key.
pub(super) type Extents = HashMap<String, Extent>;

/// Reads the tensors of a state dict from the file's storages.
///
/// # Errors
/// - `Fault::Broken` if the pickle holds no state dict.
/// - `Fault::Broken` if a storage is missing or shorter than its tensors.
pub(super) fn read_tensors(
    file: &mut File,
    pickle: &Pickle,
    extents: &Extents,
) -> Result<Vec<NamedTensor>, Fault> {
    let mut budget = Budget::for_file(file)?;
    let mut tensors = Vec::new();
    for (name, value) in pickle.state_dict()? {
        if let Value::Tensor(tensor) = value
            && tensor.storage.encoding.is_float()
        {
            let key = pickle.name(tensor.storage.key)?;
            let extent = extents.get(key).copied();
            let extent = extent.ok_or_else(|| damaged(format!("storage '{key}' is missing")))?;
            let values = read_values(file, tensor, extent, &mut budget)?;
            tensors.push(NamedTensor {
                name: name.to_owned(),
                shape: tensor.layout.shape().to_vec(),
                values,
            });
        }
    }
    Ok(tensors)
}

fn read_values(
    file: &mut File,
    tensor: &Tensor,
    extent: Extent,
    budget: &mut Budget,
) -> Result<Vec<f32>, Fault> {
    let Tensor { storage, layout } = tensor;
    let Extent { start, len } = extent;
    let width = storage.encoding.width() as u64;
    if (storage.len as u64).checked_mul(width).is_none_or(|bytes| bytes > len) {
        return Err(damaged(format!("a storage of {} values has {len} bytes", storage.len)));
    }
    let contiguous = layout.is_contiguous();
    let (first, count) =
        if contiguous { (layout.offset(), layout.count()) } else { (0, storage.len) };
    budget.spend(count)?;
    file.seek(SeekFrom::Start(start + first as u64 * width))?;
    let values = storage.encoding.read(file, count)?;
    Ok(if contiguous { values } else { layout.gather(&values) })
}
