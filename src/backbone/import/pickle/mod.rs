//! Python's pickles, without Python: a stack machine that makes data and calls nothing.
//!
//! A pickle is a program, and may name any function of Python to be called. Files of weights need a few dozen of the
//! machine's operations and a handful of functions, all of which only put arrays together; those are known here
//! (`globals`), and whatever else a pickle names is refused. Operations are those of protocols 0 to 5 (CPython,
//! `Lib/pickletools.py`) as far as dictionaries of tensors need them.
//!
//! Values live in one list and refer to each other by position, so that a pickle can nest as deep as it likes without
//! deep recursion here. Every operation adds at most one value, one place on the stack and one memory; the number of
//! operations is limited, and bytes are only what the file has.

mod globals;
mod machine;
mod text;

use std::io::BufRead;

use super::layout::Layout;
use super::{Fault, damaged};
use crate::backbone::encoding::Encoding;
use globals::Global;

/// Names longer than this are no tensors' names.
const MAX_NAME_BYTES: usize = 1024;

/// Where a value is in [`Pickle`].
pub(super) type Id = usize;

/// What a pickle's program makes.
#[derive(Debug)]
pub(super) enum Value {
    /// None, a float or something else that no tensor depends on.
    Ignored,
    /// A whole number or a truth value.
    Int(i128),
    /// Bytes, or text of Python 2.
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
    /// A numpy array; none before its state is set.
    Array(Option<Array>),
}

/// A run of values that PyTorch keeps outside the pickle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    pub(super) encoding: Encoding,
    /// Its name, a text.
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

/// What a pickle holds.
pub(super) struct Pickle {
    values: Vec<Value>,
    root: Id,
}

/// Reads one pickle, up to its end; `bytes` is how long it can be.
///
/// # Errors
/// When it is damaged, or names a function that is not known here.
pub(super) fn read(input: &mut impl BufRead, bytes: u64) -> Result<Pickle, Fault> {
    machine::run(input, bytes)
}

impl Pickle {
    /// Every value, in the order in which they were made.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// What the whole pickle is.
    pub(super) fn root(&self) -> &Value {
        &self.values[self.root]
    }

    /// A text or byte string that is no longer than names are.
    ///
    /// # Errors
    /// When it is something else.
    pub(super) fn name(&self, id: Id) -> Result<&str, Fault> {
        name(&self.values, id)
    }

    /// The bytes of an array; none if they are no bytes.
    pub(super) fn bytes(&self, id: Id) -> Option<&[u8]> {
        match &self.values[id] {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The entries of a dictionary of weights, or of the one it has under `state_dict`. Names lose the `module.` that
    /// `DataParallel` puts before each of them.
    ///
    /// # Errors
    /// When this is no dictionary with names.
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
