//! Layout of a tensor in its storage.

use super::fault::{Fault, damaged};

/// Maximum number of axes. No weights have more.
const MAX_AXES: usize = 8;

/// Order of a tensor's values in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemoryOrder {
    /// The last axis is the fastest, as in C.
    C,
    /// The first axis is the fastest, as in Fortran.
    Fortran,
}

/// Positions of a tensor's values in its storage, counted in values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TensorLayout {
    offset: usize,
    shape: Vec<usize>,
    stride: Vec<usize>,
    count: usize,
}

impl TensorLayout {
    /// Creates a tensor's layout in a storage.
    ///
    /// # Errors
    /// - `Fault::Broken` if shape and stride have different lengths, or too many axes.
    /// - `Fault::Broken` if the number of values overflows.
    pub(super) fn new(offset: usize, shape: Vec<usize>, stride: Vec<usize>) -> Result<Self, Fault> {
        if shape.len() != stride.len() || shape.len() > MAX_AXES {
            return Err(damaged(format!("a tensor has shape {shape:?} and stride {stride:?}")));
        }
        let count = shape.iter().try_fold(1_usize, |count, side| count.checked_mul(*side));
        let count = count.ok_or_else(|| damaged(format!("a tensor has shape {shape:?}")))?;
        Ok(Self { offset, shape, stride, count })
    }

    /// Creates the layout of a complete storage.
    pub(super) fn dense(shape: Vec<usize>, order: MemoryOrder) -> Result<Self, Fault> {
        let stride = match order {
            MemoryOrder::Fortran => strides(shape.iter()),
            MemoryOrder::C => {
                let mut stride = strides(shape.iter().rev());
                stride.reverse();
                stride
            }
        };
        Self::new(0, shape, stride)
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the number of values.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether the values are contiguous, with the last axis fastest.
    pub(super) fn is_contiguous(&self) -> bool {
        let dense = strides(self.shape.iter().rev());
        let axes = self.shape.iter().zip(&self.stride).zip(dense.iter().rev());
        axes.into_iter().all(|((side, stride), dense)| *side == 1 || stride == dense)
    }

    /// Checks that the values lie in a storage of `len` values.
    ///
    /// The tensor must also have at most `len` values, so that it is not larger than its storage.
    ///
    /// # Errors
    /// `Fault::Broken` if either check fails.
    pub(super) fn check(&self, len: usize) -> Result<(), Fault> {
        let fits = self.count <= len && self.last_index().is_some_and(|last| last < len);
        if self.count == 0 || fits {
            return Ok(());
        }
        let Self { shape, stride, .. } = self;
        let reason = format!("shape {shape:?} and stride {stride:?} exceed its {len} values");
        Err(damaged(format!("a tensor's {reason}")))
    }

    /// Returns the index of the last value of a tensor with values. Returns `None` if it overflows.
    fn last_index(&self) -> Option<usize> {
        let mut last = self.offset;
        for (side, stride) in self.shape.iter().zip(&self.stride) {
            last = last.checked_add(side.checked_sub(1)?.checked_mul(*stride)?)?;
        }
        Some(last)
    }

    /// Gathers the tensor's values from its storage, which [`Self::check`] has approved.
    pub(super) fn gather(&self, storage: &[f32]) -> Vec<f32> {
        if self.count == 0 {
            return Vec::new();
        }
        let mut indices = vec![self.offset];
        for (&side, &stride) in self.shape.iter().zip(&self.stride) {
            indices = indices
                .into_iter()
                .flat_map(|index| (0..side).map(move |step| index + step * stride))
                .collect();
        }
        indices.into_iter().map(|index| storage[index]).collect()
    }
}

/// Computes the distance of adjacent values along each axis. The first axis of `sides` is the
/// fastest.
fn strides<'a>(sides: impl Iterator<Item = &'a usize>) -> Vec<usize> {
    sides
        .scan(1_usize, |stride, side| {
            let this = *stride;
            *stride = stride.saturating_mul(*side);
            Some(this)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_gathered_along_strides() {
        let storage: Vec<f32> = (0..7_u8).map(f32::from).collect();
        let transposed = TensorLayout::new(1, vec![3, 2], vec![1, 3]).unwrap();
        assert!(transposed.check(7).is_ok() && !transposed.is_contiguous());
        assert_eq!(transposed.gather(&storage), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(TensorLayout::dense(vec![3, 2], MemoryOrder::Fortran).unwrap().stride, [1, 3]);
        assert_eq!(TensorLayout::dense(vec![3, 2], MemoryOrder::C).unwrap().stride, [2, 1]);
        assert!(TensorLayout::dense(vec![3, 2], MemoryOrder::C).unwrap().is_contiguous());
    }

    #[test]
    fn what_the_storage_does_not_hold_is_refused() {
        let refused = |offset, shape: &[usize], stride: &[usize], len| {
            TensorLayout::new(offset, shape.into(), stride.into())
                .and_then(|l| l.check(len))
                .is_err()
        };
        assert!(!refused(1, &[3, 2], &[1, 3], 7));
        assert!(refused(2, &[3, 2], &[1, 3], 7), "past the end");
        assert!(refused(0, &[1000], &[0], 7), "one value a thousand times");
        assert!(refused(0, &[2, 3], &[3], 7), "a stride too few");
        assert!(refused(0, &[usize::MAX, 2], &[1, 1], 7), "too large to count");
        assert!(refused(usize::MAX, &[2], &[usize::MAX], 7), "too far to count");
        assert!(refused(0, &[1; 9], &[1; 9], 7), "too many axes");
        assert!(!refused(9, &[0, usize::MAX], &[1, 1], 7), "nothing is anywhere");
    }
}
