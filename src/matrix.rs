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

impl<'a> Matrix<'a> {
    /// Creates a matrix from contiguous rows.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::in_rows(values, (rows, columns), columns)
    }

    /// Creates a matrix from rows that begin `stride` values apart.
    ///
    /// # Panics
    /// If the values end before the matrix does.
    pub(crate) fn in_rows(
        values: &'a [f32],
        (rows, columns): (usize, usize),
        stride: usize,
    ) -> Self {
        assert!(holds(values.len(), (rows, columns), stride), "a matrix lies in its values");
        Self { values, rows, columns, strides: [stride, 1] }
    }

    pub(crate) fn transposed(self) -> Self {
        let Self { values, rows, columns, strides: [down, across] } = self;
        Self { values, rows: columns, columns: rows, strides: [across, down] }
    }

    /// Writes the product of this matrix and `right` into `result`, in rows `stride` values apart.
    ///
    /// Adds the product to the values in `result` if `add`. Single-threaded.
    ///
    /// # Panics
    /// If the shapes do not fit, or the result is too small.
    pub(crate) fn times(self, right: Matrix<'_>, result: &mut [f32], (stride, add): (usize, bool)) {
        let (rows, columns) = (self.rows, right.columns);
        assert_eq!(self.columns, right.rows, "the shapes of a product fit");
        assert!(holds(result.len(), (rows, columns), stride), "a product has room");
        let signed = |[down, across]: [usize; 2]| [down as isize, across as isize];
        let ([left_down, left_across], [right_down, right_across]) =
            (signed(self.strides), signed(right.strides));
        // SAFETY: all three matrices lie in their slices, by the assertions in the constructors and above. The result
        // is borrowed exclusively; without `add` it is not read.
        unsafe {
            gemm(
                rows,
                columns,
                self.columns,
                result.as_mut_ptr(),
                1,
                stride as isize,
                add,
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
fn holds(values: usize, (rows, columns): (usize, usize), stride: usize) -> bool {
    rows > 0
        && columns > 0
        && (rows == 1 || stride >= columns)
        && (rows - 1).checked_mul(stride).and_then(|at| at.checked_add(columns)) <= Some(values)
        && values > 0
}
