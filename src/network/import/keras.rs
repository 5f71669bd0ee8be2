//! Weights in HDF5 files of Keras 2: `save_weights`, or a complete model with the weights under
//! `model_weights`.
//!
//! The attribute `layer_names` names one group per layer. That group's `weight_names` names its
//! datasets. Both are in Keras's order; the groups themselves are sorted by name (Keras 2,
//! `keras/engine/saving.py`, `save_weights_to_hdf5_group`).

use std::fs::File;
use std::sync::Arc;

use hdf5_reader::error::Error;
use hdf5_reader::group::Group;
use hdf5_reader::storage::FileStorage;
use hdf5_reader::{ByteOrder, Dataset, Datatype, Hdf5File, OpenOptions};

use super::budget::Budget;
use super::fault::{Fault, damaged};
use crate::network::encoding::{Encoding, NumericType};
use crate::network::weights::NamedTensor;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error.into(),
            other => damaged(other.to_string()),
        }
    }
}

/// Maximum number of weights and layers. No network has so many.
const MAX_NAMES: usize = 10_000;

/// Reads the weights of every layer, with the names in `weight_names`.
///
/// # Errors
/// `Fault::Broken` if the file is damaged, or Keras did not write it.
pub(super) fn read(file: File) -> Result<Vec<NamedTensor>, Fault> {
    let mut budget = Budget::for_file(&file)?;
    let limit = usize::try_from(budget.bytes()).unwrap_or(usize::MAX);
    let options =
        OpenOptions { max_read_bytes: limit, max_chunk_bytes: limit, ..OpenOptions::default() };
    let storage = Arc::new(FileStorage::from_file(file)?);
    let hdf5 = Hdf5File::from_storage_with_options(storage, options)?;
    let root = hdf5.root_group()?;
    let root = root.group("model_weights").unwrap_or(root);
    let mut left = MAX_NAMES;
    let layers = names(&root, "layer_names", &mut left)?.ok_or_else(|| {
        damaged("there is no 'layer_names'; save it with Keras 2's save_weights('NAME.h5')")
    })?;
    let mut tensors = Vec::new();
    for layer in layers {
        let group = descend(&root, &layer)?;
        for weight in names(&group, "weight_names", &mut left)?.unwrap_or_default() {
            let dataset = find_dataset(&group, &weight)?;
            tensors.extend(read_dataset(&dataset, weight, &mut budget)?);
        }
    }
    Ok(tensors)
}

/// Reads the names in an attribute. `left` is the number of names that may still be read.
fn names(group: &Group, attribute: &str, left: &mut usize) -> Result<Option<Vec<String>>, Fault> {
    let attributes = group.attributes()?;
    let Some(attribute) = attributes.into_iter().find(|found| found.name == attribute) else {
        return Ok(None);
    };
    // The list of a layer without weights is empty, and its type is numeric.
    if attribute.num_elements()? == 0 {
        return Ok(Some(Vec::new()));
    }
    let names = attribute.read_strings()?;
    *left = left.checked_sub(names.len()).ok_or_else(|| damaged("it has too many names"))?;
    Ok(Some(names))
}

/// Returns the group at a path. The names of layers contain slashes.
fn descend(group: &Group, path: &str) -> Result<Group, Fault> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let found = parts.try_fold(group.clone(), |group, part| group.group(part));
    found.map_err(|error| damaged(format!("layer '{path}': {error}")))
}

fn find_dataset(group: &Group, path: &str) -> Result<Dataset, Fault> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let dataset = descend(group, folder)?.dataset(name);
    dataset.map_err(|error| in_tensor(path, &error))
}

/// Reads a dataset's values. Returns `None` if they are not floats.
fn read_dataset(
    dataset: &Dataset,
    name: String,
    budget: &mut Budget,
) -> Result<Option<NamedTensor>, Fault> {
    let Some(encoding) = encoding(dataset.dtype()) else { return Ok(None) };
    let len = dataset.raw_byte_len().map_err(|error| in_tensor(&name, &error))?;
    budget.spend(len / encoding.width())?;
    let shape: Vec<usize> = dataset.shape().iter().map(|side| *side as usize).collect();
    let bytes = dataset.read_raw_bytes().map_err(|error| in_tensor(&name, &error))?;
    let values = encoding.read(&mut bytes.as_slice(), bytes.len() / encoding.width())?;
    Ok(Some(NamedTensor { name, shape, values }))
}

fn in_tensor(name: &str, error: &Error) -> Fault {
    damaged(format!("'{name}': {error}"))
}

fn encoding(datatype: &Datatype) -> Option<Encoding> {
    let Datatype::FloatingPoint { size, byte_order } = datatype else { return None };
    let kind = match size {
        2 => NumericType::F16,
        4 => NumericType::F32,
        8 => NumericType::F64,
        _ => return None,
    };
    Some(Encoding { kind, big_endian: matches!(byte_order, ByteOrder::BigEndian) })
}
