//! numpy arrays in pickles, as numpy pickles them: `_reconstruct` followed by a state of version, shape, type, order
//! and bytes; or, in protocol 5, `_frombuffer`.

use std::rc::Rc;

use super::torch::float;
use super::value::{Global, Number, Value};
use super::{Fault, broken};
use crate::backbone::NamedTensor;

/// The arrays of floats in a dictionary.
pub(super) fn tensors(value: Value) -> Result<Vec<NamedTensor>, Fault> {
    let Some(entries) = value.entries() else { return broken("it holds no dictionary of arrays") };
    let mut tensors = Vec::new();
    for (name, value) in entries {
        let array = match &value {
            Value::Made(Global::NumpyReconstruct, _, state) => reconstructed(&state.borrow()),
            Value::Made(Global::NumpyFromBuffer, arguments, _) => from_buffer(arguments),
            _ => continue,
        };
        let Some(array) = array else {
            return broken(format!("array '{name}' is not described as numpy does"));
        };
        if !matches!(array.number, Number::Other(_)) {
            tensors.push(array.tensor(name)?);
        }
    }
    Ok(tensors)
}

struct Array {
    shape: Vec<usize>,
    number: Number,
    by_columns: bool,
    bytes: Rc<[u8]>,
}

fn reconstructed(state: &Option<Value>) -> Option<Array> {
    let Some(Value::Tuple(state)) = state else { return None };
    let [_, shape, dtype, by_columns, Value::Bytes(bytes)] = &state[..] else { return None };
    let by_columns = match by_columns {
        Value::Bool(by_columns) => *by_columns,
        // Python 2 wrote truth values as whole numbers.
        number => number.as_size()? != 0,
    };
    let (shape, number) = (shape.as_sizes()?, number(dtype)?);
    Some(Array { shape, number, by_columns, bytes: bytes.clone() })
}

fn from_buffer(arguments: &[Value]) -> Option<Array> {
    let [Value::Bytes(bytes), dtype, shape, order] = arguments else { return None };
    let by_columns = order.as_text()? == "F";
    Some(Array {
        shape: shape.as_sizes()?,
        number: number(dtype)?,
        by_columns,
        bytes: bytes.clone(),
    })
}

/// The type of `dtype('f4', …)` with its state, whose second part is the order of bytes.
fn number(dtype: &Value) -> Option<Number> {
    let Value::Made(Global::NumpyDtype, arguments, state) = dtype else { return None };
    let name = arguments.first()?.as_text()?;
    if let Some(Value::Tuple(state)) = &*state.borrow()
        && state.get(1)?.as_text()? == ">"
    {
        return None;
    }
    Some(match name.trim_start_matches(['<', '|', '=']) {
        "f2" => Number::F16,
        "f4" => Number::F32,
        "f8" => Number::F64,
        other => Number::Other(other.get(1..)?.parse().ok()?),
    })
}

impl Array {
    fn tensor(self, name: String) -> Result<NamedTensor, Fault> {
        let size = self.number.size();
        let count = self.shape.iter().try_fold(size, |bytes, side| bytes.checked_mul(*side));
        if count != Some(self.bytes.len()) {
            let reason = format!(
                "array '{name}' has {} bytes, not those of {:?}",
                self.bytes.len(),
                self.shape
            );
            return broken(reason);
        }
        let values: Vec<f32> =
            self.bytes.chunks_exact(size).map(|bytes| float(self.number, bytes)).collect();
        let values = if self.by_columns { by_rows(&values, &self.shape) } else { values };
        Ok(NamedTensor { name, shape: self.shape, values })
    }
}

/// Values whose first axis is fastest, with the last axis fastest.
fn by_rows(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let place = |mut at: usize| {
        let mut strides = values.len();
        let digits = shape.iter().rev().map(|side| {
            let digit = at % side;
            at /= side;
            strides /= side;
            digit * strides
        });
        digits.sum::<usize>()
    };
    (0..values.len()).map(|at| values[place(at)]).collect()
}
