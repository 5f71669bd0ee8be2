//! `torch.save` before PyTorch 1.6: a magic number, a version, facts about the machine, the objects, the keys of their
//! storages, each a pickle; then the storages' raw numbers in the order of the keys.

use std::fs::File;
use std::io::{BufRead, BufReader};

use super::source::Source;
use super::torch::{View, views};
use super::value::Value;
use super::{Fault, broken, pickle};
use crate::backbone::NamedTensor;

/// What a file that begins with a pickle holds.
pub(super) enum Content {
    Torch(Vec<NamedTensor>),
    /// A pickle that is not PyTorch's.
    Numpy(Value),
}

pub(super) fn read(file: File) -> Result<Content, Fault> {
    let len = file.metadata()?.len();
    let mut source = Source::new(BufReader::new(file), len);
    let first = pickle::read(&mut source)?;
    // The magic number is the only one that a file begins with, and has more than 64 bits.
    if !matches!(first, Value::Number) {
        return Ok(Content::Numpy(first));
    }
    pickle::read(&mut source)?;
    pickle::read(&mut source)?;
    let objects = pickle::read(&mut source)?;
    let keys = pickle::read(&mut source)?;
    let Value::List(keys) = keys else { return broken("it has no list of storages") };
    let views = views(&objects)?;
    let mut tensors: Vec<Option<NamedTensor>> = views.iter().map(|_| None).collect();
    for key in keys.borrow().iter() {
        let Some(key) = key.as_text() else { return broken("a storage has no name") };
        read_storage(&mut source, &key, &views, &mut tensors)?;
    }
    if views.iter().zip(&tensors).any(|(view, tensor)| view.is_float() && tensor.is_none()) {
        return broken("the numbers of a tensor are missing");
    }
    Ok(Content::Torch(tensors.into_iter().flatten().collect()))
}

/// Reads the storage that comes next, and the tensors in it.
fn read_storage<R: BufRead>(
    source: &mut Source<R>,
    key: &str,
    views: &[View],
    tensors: &mut [Option<NamedTensor>],
) -> Result<(), Fault> {
    let len = u64::from_le_bytes(source.array()?);
    let Some(view) = views.iter().find(|view| view.storage == key) else {
        return broken("it has a storage that no tensor is in");
    };
    let bytes = len.saturating_mul(view.number_bytes() as u64);
    let storage = source.bytes(bytes)?;
    for (view, tensor) in views.iter().zip(tensors) {
        if view.storage == key && view.is_float() {
            *tensor = Some(view.tensor(&storage)?);
        }
    }
    Ok(())
}
