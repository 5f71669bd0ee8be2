//! Python's pickles, without Python: a stack machine that builds data and calls nothing.
//!
//! A pickle is a program, and can name any function of Python for a call. Weights files need a few dozen of the
//! machine's operations and a handful of functions. These functions only assemble arrays, and are known here
//! (`globals`). Any other name is refused. The operations are those of protocols 0 to 5 (CPython, `Lib/pickletools.py`)
//! that dictionaries of tensors need.
//!
//! Values are stored in one list and refer to each other by index. So a pickle can nest to any depth without deep
//! recursion here. Every operation adds at most one value, one stack entry and one memo entry. The number of operations
//! is limited, and byte strings only come from the file.

mod globals;
mod machine;
mod text;

use std::io::BufRead;

use self::globals::Global;
use super::layout::Layout;
use super::{Fault, damaged};
use crate::network::encoding::Encoding;

/// A longer name is no tensor's name.
const MAX_NAME_BYTES: usize = 1024;

/// Index of a value in [`Pickle`].
pub(super) type Id = usize;

/// A value that a pickle's program builds.
#[derive(Debug)]
pub(super) enum Value {
    /// Python's None, a float or another value that no tensor depends on.
    Ignored,
    /// An integer or a boolean.
    Int(i128),
    /// Bytes, or a string of Python 2.
    Bytes(Vec<u8>),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(Storage),
    Tensor(Tensor),
    /// numpy's type of an array's elements.
    Dtype(Encoding),
    /// A numpy array; `None` before its state is set.
    Array(Option<Array>),
}

/// A run of values that PyTorch stores outside the pickle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    pub(super) encoding: Encoding,
    /// Its name, a string.
    pub(super) key: Id,
    /// Number of values.
    pub(super) len: usize,
}

/// A PyTorch tensor.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    pub(super) layout: Layout,
}

/// A numpy array.
#[derive(Clone, Debug)]
pub(super) struct Array {
    pub(super) encoding: Encoding,
    /// Its values, as bytes.
    pub(super) bytes: Id,
    pub(super) layout: Layout,
}

/// The values of a pickle.
pub(super) struct Pickle {
    values: Vec<Value>,
    root: Id,
}

/// Reads one pickle, up to its end, from at most `bytes` bytes.
///
/// # Errors
/// - `Fault::Broken` if it is damaged.
/// - `Fault::Code` if it names a function that is not known here.
pub(super) fn read(input: &mut impl BufRead, bytes: u64) -> Result<Pickle, Fault> {
    machine::run(input, bytes)
}

impl Pickle {
    /// Returns every value, in the order of creation.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// Returns the value of the complete pickle.
    pub(super) fn root(&self) -> &Value {
        &self.values[self.root]
    }

    /// Returns a string or byte string of at most the length of a name.
    ///
    /// # Errors
    /// `Fault::Broken` if the value is something else.
    pub(super) fn name(&self, id: Id) -> Result<&str, Fault> {
        name(&self.values, id)
    }

    /// Returns the bytes of an array. Returns `None` if the value is not bytes.
    pub(super) fn bytes(&self, id: Id) -> Option<&[u8]> {
        match &self.values[id] {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the entries of a dictionary of weights, or of its nested dictionary `state_dict`.
    ///
    /// `DataParallel` puts `module.` before each name. This prefix is cut off.
    ///
    /// # Errors
    /// `Fault::Broken` if this is no dictionary with names.
    pub(super) fn state_dict(&self) -> Result<Vec<(&str, &Value)>, Fault> {
        let mut entries = self.entries(self.root())?;
        let nested = entries.iter().find(|(name, _)| *name == "state_dict");
        if let Some((_, dict)) = nested {
            entries = self.entries(dict)?;
        }
        if entries.iter().all(|(name, _)| name.starts_with("module.")) {
            entries.iter_mut().for_each(|(name, _)| *name = &name["module.".len()..]);
        }
        Ok(entries)
    }

    fn entries(&self, dict: &Value) -> Result<Vec<(&str, &Value)>, Fault> {
        let Value::Dict(entries) = dict else {
            return Err(damaged("it holds no dictionary of tensors; save a model's state_dict()"));
        };
        entries.iter().map(|&(key, value)| Ok((self.name(key)?, &self.values[value]))).collect()
    }
}

fn name(values: &[Value], id: Id) -> Result<&str, Fault> {
    let text = match &values[id] {
        Value::Text(text) => Some(text.as_str()),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    let text = text.filter(|text| text.len() <= MAX_NAME_BYTES);
    text.ok_or_else(|| damaged("something else stands where a name is expected"))
}
