//! Aligned memory for the kernels.

use std::ops::{Deref, DerefMut};

/// A cache line of the processor. Vectors across two lines cost a matrix product a third of its
/// speed.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct CacheLine(#[expect(dead_code, reason = "read as plain f32")] [f32; 16]);

/// f32 values that begin at a cache line.
#[derive(Default)]
pub(super) struct Buffer {
    lines: Vec<CacheLine>,
    len: usize,
}

impl Buffer {
    pub(super) fn zeros(len: usize) -> Self {
        Self { lines: vec![CacheLine([0.0; 16]); len.div_ceil(16)], len }
    }

    /// Creates a buffer of the values, followed by zeros up to `len`.
    pub(super) fn padded(values: &[f32], len: usize) -> Self {
        let mut buffer = Self::zeros(len);
        buffer[..values.len()].copy_from_slice(values);
        buffer
    }

    /// Makes room for `len` values, with unspecified content.
    pub(super) fn reserve(&mut self, len: usize) -> &mut [f32] {
        if self.len < len {
            *self = Self::zeros(len);
        }
        self
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: the lines are at least `len` contiguous f32.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as for `deref`.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

/// Memory that several threads write at once, each to its own parts.
#[derive(Clone, Copy)]
pub(super) struct Target {
    start: *mut f32,
    len: usize,
}

// SAFETY: `at` makes its caller promise that no two threads use the same values at once.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    pub(super) fn new(values: &mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), len: values.len() }
    }

    /// Returns a pointer to the `len` values from `offset`.
    ///
    /// # Safety
    /// During its use, the memory is alive, and no other thread uses these values.
    ///
    /// # Panics
    /// If the values do not lie inside.
    pub(super) unsafe fn at(self, offset: usize, len: usize) -> *mut f32 {
        assert!(offset + len <= self.len, "a kernel writes inside its target");
        // SAFETY: just asserted.
        unsafe { self.start.add(offset) }
    }
}
