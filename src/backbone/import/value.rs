//! The objects in a pickle of weights.

use std::cell::RefCell;
use std::rc::Rc;

use super::Fault;

/// An object. Lists and dictionaries are shared, as in Python: they are filled after they were put in others.
#[derive(Clone, Debug)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number of more than 64 bits, or a float: no weights need them, but some files have them.
    Number,
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Value]>),
    List(Rc<RefCell<Vec<Value>>>),
    Dict(Rc<RefCell<Vec<(Value, Value)>>>),
    Global(Global),
    /// What a persistent identity stands for.
    Persistent(Rc<Value>),
    /// A function with its arguments, and the state given to the result.
    Made(Global, Rc<[Value]>, Rc<RefCell<Option<Value>>>),
}

/// A function or class that weights need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    /// `_rebuild_tensor_v2(storage, offset, shape, strides, …)`
    Tensor,
    /// `_rebuild_parameter(tensor, …)`
    Parameter,
    Storage(Number),
    /// `_reconstruct(ndarray, …)`, followed by its state.
    NumpyReconstruct,
    /// `_frombuffer(bytes, dtype, shape, order)`
    NumpyFromBuffer,
    NumpyArray,
    NumpyDtype,
    /// `encode(text, 'latin1')`
    Encode,
}

/// A type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    F16,
    Bf16,
    F32,
    F64,
    /// Not a float; its size in bytes.
    Other(usize),
}

impl Number {
    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Other(size) => size,
        }
    }
}

impl Global {
    /// The one of this name, if weights need it.
    pub(super) fn named(module: &str, name: &str) -> Result<Self, Fault> {
        let numpy = module.strip_prefix("numpy.core.").or(module.strip_prefix("numpy._core."));
        Ok(match (numpy.unwrap_or(module), name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Self::Tensor,
            ("torch._utils", "_rebuild_parameter") => Self::Parameter,
            ("torch", "FloatStorage") => Self::Storage(Number::F32),
            ("torch", "DoubleStorage") => Self::Storage(Number::F64),
            ("torch", "HalfStorage") => Self::Storage(Number::F16),
            ("torch", "BFloat16Storage") => Self::Storage(Number::Bf16),
            ("torch", "LongStorage") => Self::Storage(Number::Other(8)),
            ("torch", "IntStorage") => Self::Storage(Number::Other(4)),
            ("torch", "ShortStorage") => Self::Storage(Number::Other(2)),
            ("torch", "ByteStorage" | "CharStorage" | "BoolStorage") => {
                Self::Storage(Number::Other(1))
            }
            ("multiarray", "_reconstruct") if numpy.is_some() => Self::NumpyReconstruct,
            ("numeric", "_frombuffer") if numpy.is_some() => Self::NumpyFromBuffer,
            ("numpy", "ndarray") => Self::NumpyArray,
            ("numpy", "dtype") => Self::NumpyDtype,
            ("_codecs", "encode") => Self::Encode,
            _ => return Err(Fault::Code(format!("{module}.{name}"))),
        })
    }
}

impl Value {
    /// A text, also one that Python 2 wrote as bytes.
    pub(super) fn as_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.to_string()),
            Self::Bytes(bytes) => Some(bytes.iter().copied().map(char::from).collect()),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub(super) fn as_size(&self) -> Option<usize> {
        match self {
            Self::Int(value) => (*value).try_into().ok(),
            _ => None,
        }
    }

    /// A tuple of such numbers.
    pub(super) fn as_sizes(&self) -> Option<Vec<usize>> {
        match self {
            Self::Tuple(items) => items.iter().map(Self::as_size).collect(),
            _ => None,
        }
    }

    /// The entries of a dictionary whose names are texts; of the one under `state_dict`, if there is one.
    pub(super) fn entries(&self) -> Option<Vec<(String, Self)>> {
        let Self::Dict(dict) = self else { return None };
        let named = |(key, value): &(Self, Self)| Some((key.as_text()?, value.clone()));
        let entries: Vec<_> = dict.borrow().iter().filter_map(named).collect();
        let inner = entries.iter().find(|(name, _)| name == "state_dict");
        inner.and_then(|(_, value)| value.entries()).or(Some(entries))
    }
}
