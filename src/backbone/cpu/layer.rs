//! What all layers have in common: what they are called with, and memory of a thread's own.

use std::cell::RefCell;

use super::buffer::Buffer;
use super::simd::Instructions;

/// A layer's inputs and where its result goes, for a number of images that lie one after the other.
pub(super) struct Call<'a> {
    pub(super) images: usize,
    pub(super) inputs: &'a [&'a [f32]],
    /// Added before the activation; laid out as the output.
    pub(super) residual: Option<&'a [f32]>,
    pub(super) output: &'a mut [f32],
    /// Memory for the layer's work, shared by its threads.
    pub(super) scratch: &'a mut Buffer,
    pub(super) instructions: Instructions,
}

impl Call<'_> {
    /// The residual for a kernel: null if there is none.
    pub(super) fn residual(&self) -> Residual {
        Residual(self.residual.map_or(std::ptr::null(), <[f32]>::as_ptr))
    }
}

/// Where the residual starts, or null.
#[derive(Clone, Copy)]
pub(super) struct Residual(*const f32);

// SAFETY: it is only read, while the call that it belongs to borrows it.
unsafe impl Send for Residual {}
// SAFETY: as above.
unsafe impl Sync for Residual {}

impl Residual {
    /// The values from `offset` on; null if there is no residual.
    pub(super) fn at(self, offset: usize) -> *const f32 {
        if self.0.is_null() { self.0 } else { self.0.wrapping_add(offset) }
    }
}

thread_local! {
    static OWN: RefCell<Buffer> = RefCell::default();
}

/// Lends `len` values that only this thread uses; what they are is not said.
pub(super) fn with_own_scratch(len: usize, work: impl FnOnce(&mut [f32])) {
    OWN.with_borrow_mut(|buffer| work(&mut buffer.reserve(len)[..len]));
}
