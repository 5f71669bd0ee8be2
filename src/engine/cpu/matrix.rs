//! Matrix products with prepacked weights, in register tiles.

use super::buffer::Buffer;
use super::epilogue::Epilogue;
use super::feature_map::CHANNEL_BLOCK;
use super::simd::Simd;

/// Columns of a panel of the weights.
pub(super) const PANEL_COLUMNS: usize = 64;

/// Rows of a register tile. With four vectors of columns it fills the 32 registers of AVX-512, with
/// two the 16 of AVX2.
const TILE_ROWS: usize = 6;

/// A matrix of `depth` rows and `columns` columns in panels of [`PANEL_COLUMNS`] columns.
///
/// Within a panel, the rows are contiguous.
pub(super) struct PackedWeights {
    values: Buffer,
    depth: usize,
    columns: usize,
}

impl PackedWeights {
    /// Packs the matrix with the element `value(k, column)` at `(k, column)`.
    ///
    /// Columns are padded with zeros to full blocks of channels.
    pub(super) fn new(depth: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let padded = columns.next_multiple_of(CHANNEL_BLOCK);
        let mut packed = Self { values: Buffer::zeros(depth * padded), depth, columns: padded };
        for panel in 0..packed.panels() {
            let start = panel * PANEL_COLUMNS;
            let width = packed.width(panel);
            let used = width.min(columns - start);
            let rows = packed.values[start * depth..].chunks_exact_mut(width).take(depth);
            for (k, row) in rows.enumerate() {
                (0..used).for_each(|i| row[i] = value(k, start + i));
            }
        }
        packed
    }

    pub(super) fn panels(&self) -> usize {
        self.columns.div_ceil(PANEL_COLUMNS)
    }

    /// Returns the number of columns of a panel.
    pub(super) fn width(&self, panel: usize) -> usize {
        PANEL_COLUMNS.min(self.columns - panel * PANEL_COLUMNS)
    }

    /// Returns a panel from its row `k` on.
    pub(super) fn panel(&self, panel: usize, k: usize) -> &[f32] {
        let start = panel * PANEL_COLUMNS * self.depth;
        &self.values[start + k * self.width(panel)..start + self.depth * self.width(panel)]
    }
}

/// A contiguous run of values in a row of the left matrix. `offset` counts from the row's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) offset: usize,
    pub(super) len: usize,
}

/// A tile of `rows` × `columns` sums: rows of the left matrix times a panel of weights.
pub(super) struct Tile<'a> {
    /// The first row. The next one is `left_stride` values later.
    pub(super) left: *const f32,
    pub(super) left_stride: usize,
    /// Spans of a row. Their values are multiplied by the rows of `right`, in order.
    pub(super) spans: &'a [Span],
    /// Rows of a panel, `columns` values each.
    pub(super) right: *const f32,
    pub(super) columns: usize,
    /// Destination of the sums. The next row is `result_stride` values later.
    pub(super) result: *mut f32,
    pub(super) result_stride: usize,
    /// Whether the sums start from the values at `result`, not from zero.
    pub(super) resume: bool,
    /// Final operation on the finished sums.
    pub(super) end: Option<TileEpilogue<'a>>,
}

/// Final operation on a tile's sums.
#[derive(Clone, Copy)]
pub(super) struct TileEpilogue<'a> {
    pub(super) epilogue: &'a Epilogue,
    /// The channel of the first column.
    pub(super) channel: usize,
    /// Values added to the sums, in the layout of the result. Null for no residual.
    pub(super) residual: *const f32,
}

impl Tile<'_> {
    /// Returns how many of `rows` rows the next register tile takes.
    ///
    /// Two tiles of nearly the same height are faster than a full one and a rest.
    #[inline(always)]
    pub(super) fn height(rows: usize) -> usize {
        if rows >= 2 * TILE_ROWS {
            TILE_ROWS
        } else if rows > TILE_ROWS {
            rows.div_ceil(2)
        } else {
            rows
        }
    }

    /// Computes `rows` rows, at most six.
    ///
    /// # Safety
    /// This thread may read every value of the tile, and may write the result.
    #[inline(always)]
    pub(super) unsafe fn compute<S: Simd>(&self, simd: S, rows: usize) {
        let mut column = 0;
        while column < self.columns {
            let vectors = S::VECTORS.min((self.columns - column) / S::LANES);
            // SAFETY: the caller's promise; columns are full blocks of channels, so full vectors.
            unsafe {
                match vectors {
                    1 => self.with_vectors::<S, 1>(simd, rows, column),
                    2 => self.with_vectors::<S, 2>(simd, rows, column),
                    3 => self.with_vectors::<S, 3>(simd, rows, column),
                    _ => self.with_vectors::<S, 4>(simd, rows, column),
                }
            }
            column += vectors * S::LANES;
        }
    }

    #[inline(always)]
    unsafe fn with_vectors<S: Simd, const V: usize>(&self, simd: S, rows: usize, column: usize) {
        if V > S::VECTORS {
            return;
        }
        // SAFETY: the caller's promise.
        unsafe {
            match rows {
                1 => self.sums::<S, V, 1>(simd, column),
                2 => self.sums::<S, V, 2>(simd, column),
                3 => self.sums::<S, V, 3>(simd, column),
                4 => self.sums::<S, V, 4>(simd, column),
                5 => self.sums::<S, V, 5>(simd, column),
                _ => self.sums::<S, V, 6>(simd, column),
            }
        }
    }

    #[inline(always)]
    unsafe fn sums<S: Simd, const V: usize, const R: usize>(&self, simd: S, column: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let result = self.result.add(column);
            let mut sums = [[simd.splat(0.0); V]; R];
            if self.resume {
                for (r, row) in sums.iter_mut().enumerate() {
                    for (v, sum) in row.iter_mut().enumerate() {
                        *sum = simd.load(result.add(r * self.result_stride + v * S::LANES));
                    }
                }
            }
            let mut right = self.right.add(column);
            for span in self.spans {
                let mut left = self.left.add(span.offset);
                for _ in 0..span.len {
                    let mut weights = [simd.splat(0.0); V];
                    for (v, weight) in weights.iter_mut().enumerate() {
                        *weight = simd.load(right.add(v * S::LANES));
                    }
                    for (r, row) in sums.iter_mut().enumerate() {
                        let x = simd.splat(*left.add(r * self.left_stride));
                        for (sum, weight) in row.iter_mut().zip(weights) {
                            *sum = simd.fma(x, weight, *sum);
                        }
                    }
                    left = left.add(1);
                    right = right.add(self.columns);
                }
            }
            for (r, row) in sums.into_iter().enumerate() {
                for (v, sum) in row.into_iter().enumerate() {
                    let offset = r * self.result_stride + v * S::LANES;
                    let value = match self.end {
                        None => sum,
                        Some(end) => end.apply(simd, sum, column + v * S::LANES, column + offset),
                    };
                    simd.store(result.add(offset), value);
                }
            }
        }
    }
}

impl TileEpilogue<'_> {
    /// # Safety
    /// As for [`Tile::compute`].
    #[inline(always)]
    unsafe fn apply<S: Simd>(&self, simd: S, sum: S::V, column: usize, offset: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe {
            let residual =
                if self.residual.is_null() { self.residual } else { self.residual.add(offset) };
            self.epilogue.apply(simd, sum, self.channel + column, residual)
        }
    }
}
