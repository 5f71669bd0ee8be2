//! Functions and classes of Python that weights files name, and their effect on data.

use super::value::{Array, Global, Id, Tensor, TorchStorage, Value, name};
use crate::network::encoding::{Encoding, NumericType};
use crate::network::import::fault::{Fault, damaged};
use crate::network::import::tensor_layout::{MemoryOrder, TensorLayout};

/// Looks up `module.name`.
///
/// # Errors
/// `Fault::Code` if it is not known here, because it could do anything.
pub(super) fn find(module: &str, name: &str) -> Result<Global, Fault> {
    known_global(module, name)
        .ok_or_else(|| Fault::Code(format!("{module}.{name}").escape_debug().to_string()))
}

fn known_global(module: &str, name: &str) -> Option<Global> {
    Some(match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Global::Tensor,
        ("torch._utils", "_rebuild_parameter") => Global::Parameter,
        ("torch", storage) => Global::Storage(Encoding::little(storage_kind(storage)?)),
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::Reconstruct,
        ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::FromBuffer,
        ("numpy", "ndarray") => Global::NdArray,
        ("numpy", "dtype") => Global::Dtype,
        ("_codecs", "encode") => Global::Encode,
        _ => return None,
    })
}

fn storage_kind(name: &str) -> Option<NumericType> {
    Some(match name {
        "HalfStorage" => NumericType::F16,
        "BFloat16Storage" => NumericType::BF16,
        "FloatStorage" => NumericType::F32,
        "DoubleStorage" => NumericType::F64,
        "BoolStorage" | "ByteStorage" | "CharStorage" => NumericType::Integer(1),
        "ShortStorage" => NumericType::Integer(2),
        "IntStorage" => NumericType::Integer(4),
        "LongStorage" => NumericType::Integer(8),
        _ => return None,
    })
}

/// Evaluates `global(*arguments)`.
///
/// # Errors
/// `Fault::Broken` if weights files have no such arguments.
pub(super) fn call(values: &[Value], global: Global, arguments: &[Id]) -> Result<Value, Fault> {
    match (global, arguments) {
        (Global::OrderedDict, []) => Ok(Value::Dict(Vec::new())),
        (Global::OrderedDict, [items]) => dict(values, *items),
        (Global::Tensor, [storage, offset, shape, stride, ..]) => {
            let Value::Storage(storage) = values[*storage] else {
                return Err(damaged("a tensor has no storage"));
            };
            let shape = sizes(values, *shape)?;
            let stride = sizes(values, *stride)?;
            let layout = TensorLayout::new(size(values, *offset)?, shape, stride)?;
            layout.check(storage.len)?;
            Ok(Value::Tensor(Tensor { storage, layout }))
        }
        (Global::Parameter, [tensor, ..]) => match &values[*tensor] {
            Value::Tensor(tensor) => Ok(Value::Tensor(tensor.clone())),
            _ => Err(damaged("a parameter is no tensor")),
        },
        (Global::Reconstruct, _) => Ok(Value::Array(None)),
        (Global::FromBuffer, [bytes, dtype, shape, order]) => {
            let order = match name(values, *order)? {
                "F" => MemoryOrder::Fortran,
                _ => MemoryOrder::C,
            };
            array(values, &ArrayState { bytes: *bytes, dtype: *dtype, shape: *shape, order })
        }
        (Global::Dtype, [code, ..]) => dtype(name(values, *code)?),
        (Global::Encode, [text, _]) => encode(values, *text),
        _ => Err(damaged(format!("{global:?} is called with {} arguments", arguments.len()))),
    }
}

/// Applies a pickle's `state` to `target`.
///
/// # Errors
/// `Fault::Broken` if such a value has no such state.
pub(super) fn build(values: &[Value], target: Id, state: Id) -> Result<Option<Value>, Fault> {
    match (&values[target], &values[state]) {
        // Attributes such as `_metadata` do not affect the tensors.
        (Value::Dict(_), _) => Ok(None),
        (Value::Array(None), Value::Tuple(state)) => match state[..] {
            [_, shape, dtype, first_fastest, bytes] => {
                let order = match size(values, first_fastest)? {
                    0 => MemoryOrder::C,
                    _ => MemoryOrder::Fortran,
                };
                array(values, &ArrayState { bytes, dtype, shape, order }).map(Some)
            }
            _ => Err(damaged("an array's state has not five parts")),
        },
        (Value::Dtype(encoding), Value::Tuple(state)) if state.len() > 1 => {
            let big_endian = name(values, state[1])? == ">";
            Ok(Some(Value::Dtype(Encoding { big_endian, ..*encoding })))
        }
        _ => Err(damaged("a state is set for something that has none")),
    }
}

/// Returns the storage of a persistent id: `('storage', type, key, location, length)`.
///
/// Older files append the base of a view, which is `None`.
pub(super) fn storage(values: &[Value], id: Id) -> Result<Value, Fault> {
    let Value::Tuple(parts) = &values[id] else {
        return Err(damaged("a persistent id is no tuple"));
    };
    let (kind, key, len) = match parts[..] {
        [_, kind, key, _, len] => (kind, key, len),
        [_, kind, key, _, len, view] if matches!(values[view], Value::Ignored) => (kind, key, len),
        _ => return Err(damaged("a persistent id does not name a storage")),
    };
    let Value::Global(Global::Storage(encoding)) = values[kind] else {
        return Err(damaged("a persistent id is no storage"));
    };
    name(values, key)?;
    Ok(Value::Storage(TorchStorage { encoding, key, len: size(values, len)? }))
}

/// Builds an `OrderedDict` from a list of pairs, as Python 2 writes it.
fn dict(values: &[Value], items: Id) -> Result<Value, Fault> {
    let (Value::List(items) | Value::Tuple(items)) = &values[items] else {
        return Err(damaged("a dictionary is made of no list"));
    };
    Ok(Value::Dict(items.iter().map(|item| pair(&values[*item])).collect::<Result<_, Fault>>()?))
}

fn pair(item: &Value) -> Result<(Id, Id), Fault> {
    match item {
        Value::List(pair) | Value::Tuple(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
        _ => Err(damaged("a dictionary is made of no pairs")),
    }
}

/// State of a NumPy array, as its pickle has it.
struct ArrayState {
    bytes: Id,
    dtype: Id,
    shape: Id,
    order: MemoryOrder,
}

fn array(values: &[Value], state: &ArrayState) -> Result<Value, Fault> {
    let ArrayState { bytes, dtype, shape, order } = *state;
    let (Value::Bytes(data), Value::Dtype(encoding)) = (&values[bytes], &values[dtype]) else {
        return Err(damaged("an array has no bytes of a type"));
    };
    let layout = TensorLayout::dense(sizes(values, shape)?, order)?;
    if layout.count().checked_mul(encoding.width()) != Some(data.len()) {
        let shape = layout.shape();
        let len = data.len();
        return Err(damaged(format!("an array of shape {shape:?} has {len} bytes")));
    }
    Ok(Value::Array(Some(Array { encoding: *encoding, bytes, layout })))
}

fn dtype(code: &str) -> Result<Value, Fault> {
    let (code, big_endian) = match code.strip_prefix('>') {
        Some(code) => (code, true),
        None => (code.trim_start_matches(['<', '|', '=']), false),
    };
    let kind = match code {
        "f2" => NumericType::F16,
        "f4" => NumericType::F32,
        "f8" => NumericType::F64,
        "b1" | "i1" | "u1" => NumericType::Integer(1),
        "i2" | "u2" => NumericType::Integer(2),
        "i4" | "u4" => NumericType::Integer(4),
        "i8" | "u8" => NumericType::Integer(8),
        _ => return Err(damaged(format!("an array's elements are '{code}', no numbers"))),
    };
    Ok(Value::Dtype(Encoding { kind, big_endian }))
}

/// Decodes bytes that are written as the characters of the same numbers. Python 3 writes them so
/// for Python 2.
fn encode(values: &[Value], text: Id) -> Result<Value, Fault> {
    let Value::Text(text) = &values[text] else {
        return Err(damaged("something other than a text is encoded"));
    };
    let bytes = text.chars().map(u8::try_from).collect::<Result<_, _>>();
    bytes
        .map(Value::Bytes)
        .map_err(|_| damaged("a text that stands for bytes has other characters"))
}

fn sizes(values: &[Value], id: Id) -> Result<Vec<usize>, Fault> {
    match &values[id] {
        Value::Tuple(sides) if sides.len() <= 8 => {
            sides.iter().map(|side| size(values, *side)).collect()
        }
        _ => Err(damaged("something else stands where a shape is expected")),
    }
}

fn size(values: &[Value], id: Id) -> Result<usize, Fault> {
    match values[id] {
        Value::Int(size) => size.try_into().ok(),
        _ => None,
    }
    .ok_or_else(|| damaged("something else stands where a size is expected"))
}
