//! A pickled dictionary of numpy arrays, written by Python 2 or 3 in any protocol.

use std::fs::File;
use std::io::BufReader;

use super::budget::Budget;
use super::fault::{Fault, damaged};
use super::pickle::{self, Value};
use crate::network::weights::NamedTensor;

/// Reads the arrays of a dictionary.
///
/// # Errors
/// `Fault::Broken` if the pickle is damaged or has another content.
pub(super) fn read(file: File) -> Result<Vec<NamedTensor>, Fault> {
    let len = file.metadata()?.len();
    let mut budget = Budget::for_file(&file)?;
    let pickle = pickle::read(&mut BufReader::new(file), len)?;
    let mut tensors = Vec::new();
    for (name, value) in pickle.state_dict()? {
        if let Value::Array(Some(array)) = value
            && array.encoding.is_float()
        {
            let layout = &array.layout;
            let mut bytes =
                pickle.bytes(array.bytes).ok_or_else(|| damaged("an array has no bytes"))?;
            budget.spend(layout.count())?;
            let values = array.encoding.read(&mut bytes, layout.count())?;
            let values = if layout.is_contiguous() { values } else { layout.gather(&values) };
            tensors.push(NamedTensor {
                name: name.to_owned(),
                shape: layout.shape().to_vec(),
                values,
            });
        }
    }
    Ok(tensors)
}
