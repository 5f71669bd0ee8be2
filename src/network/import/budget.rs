//! Memory that the tensors of a file may take.

use std::fs::File;
use std::io;

use super::fault::{Fault, damaged};

/// Tensors take at most this many times the bytes of their file.
///
/// Weights do not compress, and f16 becomes f32.
const MAX_EXPANSION: u64 = 4;

/// Remaining bytes that a file's tensors may take.
pub(super) struct Budget {
    bytes: u64,
}

impl Budget {
    /// Creates the budget of a file.
    pub(super) fn for_file(file: &File) -> io::Result<Self> {
        Ok(Self { bytes: file.metadata()?.len().saturating_mul(MAX_EXPANSION) })
    }

    /// Returns the remaining bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Deducts the memory of `values` floats.
    pub(super) fn spend(&mut self, values: usize) -> Result<(), Fault> {
        let left = (values as u64).checked_mul(4).and_then(|bytes| self.bytes.checked_sub(bytes));
        self.bytes = left.ok_or_else(|| damaged("its tensors are larger than the file"))?;
        Ok(())
    }
}
