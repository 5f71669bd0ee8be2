//! Matrix products by the `gemm` crate, on slices.
//!
//! faer has safe products, but crashed on some of these shapes (0.24.4, AVX-512).

use gemm::{Parallelism, gemm};

/// A matrix stored in a slice.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Values from one row to the next, and from one column to the next.
    strides: [usize; 2],
}

/// Rows of a product in a slice, `stride` values apart.
pub(crate) struct MatrixMut<'a> {
    values: &'a mut [f32],
    stride: usize,
}

/// Use of the values that are already in a result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Update {
    Replace,
    Add,
}

impl<'a> MatrixMut<'a> {
    pub(crate) fn new(values: &'a mut [f32], stride: usize) -> Self {
        Self { values, stride }
    }
}

impl<'a> Matrix<'a> {
    /// Creates a matrix from contiguous rows.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::in_rows(values, rows, columns, columns)
    }

    /// Creates a matrix from rows that begin `stride` values apart.
    ///
    /// # Panics
    /// If the values end before the matrix does.
    pub(crate) fn in_rows(values: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(holds(values.len(), rows, columns, stride), "a matrix lies in its values");
        Self { values, rows, columns, strides: [stride, 1] }
    }

    pub(crate) fn transposed(self) -> Self {
        let Self { values, rows, columns, strides: [down, across] } = self;
        Self { values, rows: columns, columns: rows, strides: [across, down] }
    }

    /// Writes the product of this matrix and `right` into `out`. Single-threaded.
    ///
    /// **Shape**: `(m, k)` and `(k, n)` → `(m, n)`.
    ///
    /// # Panics
    /// If the shapes do not fit, or the result is too small.
    pub(crate) fn multiply_into(self, right: Matrix<'_>, out: MatrixMut<'_>) {
        self.multiply(right, out, Update::Replace);
    }

    /// As [`Self::multiply_into`], and adds the product to the values in `out`.
    pub(crate) fn multiply_add(self, right: Matrix<'_>, out: MatrixMut<'_>) {
        self.multiply(right, out, Update::Add);
    }

    fn multiply(self, right: Matrix<'_>, out: MatrixMut<'_>, update: Update) {
        let MatrixMut { values: result, stride } = out;
        let rows = self.rows;
        let columns = right.columns;
        assert_eq!(self.columns, right.rows, "the shapes of a product fit");
        assert!(holds(result.len(), rows, columns, stride), "a product has room");
        let [left_down, left_across] = self.strides.map(|stride| stride as isize);
        let [right_down, right_across] = right.strides.map(|stride| stride as isize);
        // SAFETY: all three matrices lie in their slices, by the assertions in the constructors and
        // above. The result is borrowed exclusively; with `Replace` it is not read.
        unsafe {
            gemm(
                rows,
                columns,
                self.columns,
                result.as_mut_ptr(),
                1,
                stride as isize,
                update == Update::Add,
                self.values.as_ptr(),
                left_across,
                left_down,
                right.values.as_ptr(),
                right_across,
                right_down,
                1.0,
                1.0,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    }
}

/// Whether `values` values can hold a matrix.
fn holds(values: usize, rows: usize, columns: usize, stride: usize) -> bool {
    rows > 0
        && columns > 0
        && (rows == 1 || stride >= columns)
        && (rows - 1).checked_mul(stride).and_then(|start| start.checked_add(columns))
            <= Some(values)
        && values > 0
}
