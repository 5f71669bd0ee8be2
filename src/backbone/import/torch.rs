//! Tensors in PyTorch's pickles: a view of a storage whose numbers lie elsewhere in the file.

use half::{bf16, f16};

use super::value::{Global, Number, Value};
use super::{Fault, broken};
use crate::backbone::NamedTensor;

/// Most tensor values for each number in the file; views may share numbers, but weights seldom do.
const MAX_SHARING: usize = 4;

/// Where a tensor's numbers are.
pub(super) struct View {
    name: String,
    pub(super) storage: String,
    number: Number,
    /// Numbers in the storage.
    len: usize,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

/// The tensors in a state dictionary.
pub(super) fn views(value: &Value) -> Result<Vec<View>, Fault> {
    let Some(entries) = value.entries() else { return broken("it holds no dictionary of tensors") };
    let mut views = Vec::new();
    for (name, value) in entries {
        if let Value::Made(Global::Tensor, arguments, _) = &value {
            let name = name.strip_prefix("module.").unwrap_or(&name).to_owned();
            views.push(view(name, arguments)?);
        }
    }
    let (wanted, stored) = views.iter().fold((0, 0), |(wanted, stored), view| {
        (view.count().saturating_add(wanted), view.len.saturating_add(stored))
    });
    if wanted / MAX_SHARING > stored {
        return broken("its tensors are larger than what is stored");
    }
    Ok(views)
}

fn view(name: String, arguments: &[Value]) -> Result<View, Fault> {
    let wrong = || Fault::Broken(format!("tensor '{name}' is not described as PyTorch does"));
    let [Value::Persistent(storage), offset, shape, strides, ..] = arguments else {
        return Err(wrong());
    };
    let Value::Tuple(storage) = &**storage else { return Err(wrong()) };
    let [_, Value::Global(Global::Storage(number)), key, _, len, ..] = &storage[..] else {
        return Err(wrong());
    };
    let view = View {
        storage: key.as_text().ok_or_else(wrong)?,
        number: *number,
        len: len.as_size().ok_or_else(wrong)?,
        offset: offset.as_size().ok_or_else(wrong)?,
        shape: shape.as_sizes().ok_or_else(wrong)?,
        strides: strides.as_sizes().ok_or_else(wrong)?,
        name,
    };
    view.check()?;
    Ok(view)
}

impl View {
    fn count(&self) -> usize {
        self.shape.iter().fold(1, |count: usize, &side| count.saturating_mul(side))
    }

    /// Whether all values lie inside the storage.
    fn check(&self) -> Result<(), Fault> {
        let last =
            self.shape.iter().zip(&self.strides).try_fold(self.offset, |last, (side, stride)| {
                last.checked_add(side.checked_sub(1)?.checked_mul(*stride)?)
            });
        let inside = self.count() == 0 || last.is_some_and(|last| last < self.len);
        if self.shape.len() != self.strides.len() || !inside || self.count() > self.len {
            return broken(format!("tensor '{}' reaches over the end of its numbers", self.name));
        }
        Ok(())
    }

    pub(super) fn is_float(&self) -> bool {
        !matches!(self.number, Number::Other(_))
    }

    /// Bytes of a number in the storage.
    pub(super) fn number_bytes(&self) -> usize {
        self.number.size()
    }

    /// Bytes of the storage.
    pub(super) fn storage_bytes(&self) -> Result<u64, Fault> {
        let bytes = self.len.checked_mul(self.number.size());
        bytes.map_or_else(|| broken("a storage has an impossible size"), |bytes| Ok(bytes as u64))
    }

    /// The tensor, from the bytes of its storage.
    pub(super) fn tensor(&self, storage: &[u8]) -> Result<NamedTensor, Fault> {
        if (storage.len() as u64) < self.storage_bytes()? {
            return broken(format!("the numbers of tensor '{}' are cut off", self.name));
        }
        let size = self.number.size();
        let value = |at: usize| float(self.number, &storage[at * size..][..size]);
        let mut values = Vec::with_capacity(self.count());
        let mut place = vec![0; self.shape.len()];
        for _ in 0..self.count() {
            let at: usize = place.iter().zip(&self.strides).map(|(at, stride)| at * stride).sum();
            values.push(value(self.offset + at));
            advance(&mut place, &self.shape);
        }
        Ok(NamedTensor { name: self.name.clone(), shape: self.shape.clone(), values })
    }
}

/// The next place in a tensor, the last axis fastest.
fn advance(place: &mut [usize], shape: &[usize]) {
    for (at, side) in place.iter_mut().zip(shape).rev() {
        *at += 1;
        if *at < *side {
            return;
        }
        *at = 0;
    }
}

/// A number of little-endian bytes; what is no float is zero.
pub(super) fn float(number: Number, bytes: &[u8]) -> f32 {
    match (number, bytes) {
        (Number::F16, [a, b]) => f16::from_le_bytes([*a, *b]).to_f32(),
        (Number::Bf16, [a, b]) => bf16::from_le_bytes([*a, *b]).to_f32(),
        (Number::F32, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
        (Number::F64, &[a, b, c, d, e, f, g, h]) => {
            f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32
        }
        _ => 0.0,
    }
}
