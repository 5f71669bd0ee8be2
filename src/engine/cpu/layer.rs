//! Common parts of all layers: the arguments of a call, and memory per thread.

use std::cell::RefCell;

use super::buffer::Buffer;
use super::simd::Instructions;

/// Inputs and output of a layer, for a number of contiguous images.
pub(super) struct Call<'a> {
    pub(super) images: usize,
    pub(super) inputs: &'a [&'a [f32]],
    /// Added before the activation, in the layout of the output.
    pub(super) residual: Option<&'a [f32]>,
    pub(super) output: &'a mut [f32],
    /// Memory for the layer's work, shared by its threads.
    pub(super) scratch: &'a mut Buffer,
    pub(super) instructions: Instructions,
}

impl Call<'_> {
    /// Returns the residual for a kernel. It is null if there is no residual.
    pub(super) fn residual(&self) -> Residual {
        Residual(self.residual.map_or(std::ptr::null(), <[f32]>::as_ptr))
    }
}

/// Start of the residual, or null.
#[derive(Clone, Copy)]
pub(super) struct Residual(*const f32);

// SAFETY: it is only read, while the call that it belongs to borrows it.
unsafe impl Send for Residual {}
// SAFETY: as above.
unsafe impl Sync for Residual {}

impl Residual {
    /// Returns the values from `offset` on. Returns null if there is no residual.
    pub(super) fn at(self, offset: usize) -> *const f32 {
        if self.0.is_null() { self.0 } else { self.0.wrapping_add(offset) }
    }
}

thread_local! {
    static OWN: RefCell<Buffer> = RefCell::default();
}

/// Calls `work` with `len` values of unspecified content that only this thread uses.
pub(super) fn with_own_scratch(len: usize, work: impl FnOnce(&mut [f32])) {
    OWN.with_borrow_mut(|buffer| work(&mut buffer.reserve(len)[..len]));
}
