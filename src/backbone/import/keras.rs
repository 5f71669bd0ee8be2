//! Weights in Keras's HDF5: each layer a group, named with its weights by attributes, in the order of the model.

use std::path::Path;

use hdf5_reader::group::Group;
use hdf5_reader::{Hdf5File, OpenOptions};

use super::{Fault, broken};
use crate::backbone::NamedTensor;

impl From<hdf5_reader::error::Error> for Fault {
    fn from(error: hdf5_reader::error::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// All weights, in the order of layers and in each layer in its own order; names are as the file has them
/// (`conv1_1/kernel:0`), layouts too: convolutions `(height, width, in, out)`, dense layers `(in, out)`.
pub(super) fn read(path: &Path) -> Result<Vec<NamedTensor>, Fault> {
    // A file cannot hold more than its size, but for compression, which Keras does not use.
    let len = usize::try_from(std::fs::metadata(path)?.len()).unwrap_or(usize::MAX);
    let options = OpenOptions::default().with_max_read_bytes(len).with_max_chunk_bytes(len);
    let file = Hdf5File::open_with_options(path, options)?;
    let root = file.root_group()?;
    let root =
        if root.attribute("layer_names").is_ok() { root } else { root.group("model_weights")? };
    let mut tensors = Vec::new();
    for layer in names(&root, "layer_names")? {
        let group = within(&root, &layer)?;
        for weight in names(&group, "weight_names")? {
            tensors.push(tensor(&group, weight)?);
        }
    }
    Ok(tensors)
}

/// The texts of an attribute; a layer without weights has an empty list of numbers.
fn names(group: &Group, attribute: &str) -> Result<Vec<String>, Fault> {
    let attribute = group.attribute(attribute)?;
    if attribute.num_elements()? == 0 {
        return Ok(Vec::new());
    }
    let trimmed = |name: String| name.trim_end_matches('\0').to_owned();
    Ok(attribute.read_strings()?.into_iter().map(trimmed).collect())
}

/// The group at a path; layers' names have slashes.
fn within(group: &Group, path: &str) -> Result<Group, Fault> {
    let mut parts = path.split('/');
    let first = group.group(parts.next().unwrap_or_default())?;
    parts.try_fold(first, |group, part| Ok(group.group(part)?))
}

fn tensor(layer: &Group, name: String) -> Result<NamedTensor, Fault> {
    let dataset = match name.rsplit_once('/') {
        Some((folder, last)) => within(layer, folder)?.dataset(last)?,
        None => layer.dataset(&name)?,
    };
    let shape: Vec<usize> = dataset.shape().iter().map(|&side| side as usize).collect();
    let values: Vec<f32> = dataset.read_array::<f32>()?.into_iter().collect();
    if Some(values.len()) != shape.iter().try_fold(1, |count: usize, side| count.checked_mul(*side))
    {
        return broken(format!("weight '{name}' has not as many numbers as its shape"));
    }
    Ok(NamedTensor { name, shape, values })
}
