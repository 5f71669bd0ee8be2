//! Values that a pickle's program builds.

use crate::network::encoding::Encoding;
use crate::network::import::fault::{Fault, damaged};
use crate::network::import::tensor_layout::TensorLayout;

/// A longer name is no tensor's name.
pub(super) const MAX_NAME_BYTES: usize = 1024;

/// Index of a value in [`Pickle`].
pub(in crate::network::import) type Id = usize;

/// A value that a pickle's program builds.
#[derive(Debug)]
pub(in crate::network::import) enum Value {
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
    Storage(TorchStorage),
    Tensor(Tensor),
    /// numpy's type of an array's elements.
    Dtype(Encoding),
    /// A numpy array; `None` before its state is set.
    Array(Option<Array>),
}

/// A run of values that PyTorch stores outside the pickle.
#[derive(Clone, Copy, Debug)]
pub(in crate::network::import) struct TorchStorage {
    pub(in crate::network::import) encoding: Encoding,
    /// Its name, a string.
    pub(in crate::network::import) key: Id,
    /// Number of values.
    pub(in crate::network::import) len: usize,
}

/// A PyTorch tensor.
#[derive(Clone, Debug)]
pub(in crate::network::import) struct Tensor {
    pub(in crate::network::import) storage: TorchStorage,
    pub(in crate::network::import) layout: TensorLayout,
}

/// A numpy array.
#[derive(Clone, Debug)]
pub(in crate::network::import) struct Array {
    pub(in crate::network::import) encoding: Encoding,
    /// Its values, as bytes.
    pub(in crate::network::import) bytes: Id,
    pub(in crate::network::import) layout: TensorLayout,
}

/// The values of a pickle.
pub(in crate::network::import) struct Pickle {
    pub(super) values: Vec<Value>,
    pub(super) root: Id,
}

/// A function or class that a pickle may name. No others are accepted.
#[derive(Clone, Copy, Debug)]
pub(in crate::network::import) enum Global {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`, or its predecessor without the `_v2`
    Tensor,
    /// `torch._utils._rebuild_parameter`
    Parameter,
    /// `torch.FloatStorage` and the other storage classes
    Storage(Encoding),
    /// `numpy.core.multiarray._reconstruct`
    Reconstruct,
    /// `numpy.core.numeric._frombuffer`
    FromBuffer,
    /// `numpy.ndarray`
    NdArray,
    /// `numpy.dtype`
    Dtype,
    /// `_codecs.encode`
    Encode,
}

impl Pickle {
    /// Returns every value, in the order of creation.
    pub(in crate::network::import) fn values(&self) -> &[Value] {
        &self.values
    }

    /// Returns the value of the complete pickle.
    pub(in crate::network::import) fn root(&self) -> &Value {
        &self.values[self.root]
    }

    /// Returns a string or byte string of at most the length of a name.
    ///
    /// # Errors
    /// `Fault::Broken` if the value is something else.
    pub(in crate::network::import) fn name(&self, id: Id) -> Result<&str, Fault> {
        name(&self.values, id)
    }

    /// Returns the bytes of an array. Returns `None` if the value is not bytes.
    pub(in crate::network::import) fn bytes(&self, id: Id) -> Option<&[u8]> {
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
    pub(in crate::network::import) fn state_dict(&self) -> Result<Vec<(&str, &Value)>, Fault> {
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

/// Returns a string or byte string of at most the length of a name.
pub(super) fn name(values: &[Value], id: Id) -> Result<&str, Fault> {
    let text = match &values[id] {
        Value::Text(text) => Some(text.as_str()),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    let text = text.filter(|text| text.len() <= MAX_NAME_BYTES);
    text.ok_or_else(|| damaged("something else stands where a name is expected"))
}
