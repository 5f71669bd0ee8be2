//! Quantized vectors for graph search: one byte a value, a quarter of the memory.
//!
//! A value is rounded to one of 255 steps between minus and plus the vector's largest magnitude. It
//! is stored as a byte around 128. The sum of products of bytes is exact, so it is the same on
//! every machine. Search results are compared again by the vectors themselves.

/// Bytes of a cache line. Rows begin at a cache line.
const LINE_BYTES: usize = 64;
/// Zero as a byte.
const ZERO: u8 = 128;

/// Bytes aligned to a cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct CodeLine([u8; LINE_BYTES]);

/// Quantized vectors by row.
pub(in crate::gallery) struct QuantizedVectors {
    lines: Vec<CodeLine>,
    scales: Vec<Scale>,
    lines_of_row: usize,
}

/// Scale and offset of a quantized vector, for comparisons.
#[derive(Clone, Copy)]
struct Scale {
    /// Value of one step.
    step: f32,
    /// The sum of the bytes around 128, times 128.
    offset: i32,
}

/// A quantized vector to compare with rows.
pub(in crate::gallery) struct QuantizedProbe {
    lines: Vec<CodeLine>,
    scale: Scale,
}

impl QuantizedVectors {
    /// Quantizes vectors of `width` values, row by row.
    pub(in crate::gallery) fn new(
        vectors: impl Iterator<Item = impl AsRef<[f32]>>,
        width: usize,
    ) -> Self {
        let lines_of_row = width.div_ceil(LINE_BYTES);
        let rows = vectors.size_hint().0;
        let mut lines = Vec::with_capacity(rows * lines_of_row);
        let mut scales = Vec::with_capacity(rows);
        for vector in vectors {
            scales.push(encode(vector.as_ref(), &mut lines));
        }
        Self { lines, scales, lines_of_row }
    }

    /// Returns a row as a probe.
    pub(in crate::gallery) fn probe(&self, row: u32) -> QuantizedProbe {
        QuantizedProbe { lines: self.row(row).to_vec(), scale: self.scales[row as usize] }
    }

    /// Returns the approximate inner product of a row and a probe of the same width.
    pub(in crate::gallery) fn similarity(&self, row: u32, probe: &QuantizedProbe) -> f32 {
        let scale = self.scales[row as usize];
        scale.similarity(dot(self.row(row), &probe.lines), probe.scale)
    }

    /// Returns the approximate inner product of two rows.
    pub(in crate::gallery) fn similarity_of(&self, a: u32, b: u32) -> f32 {
        let other = self.scales[b as usize];
        self.scales[a as usize].similarity(dot(self.row(a), self.row(b)), other)
    }

    /// Prefetches a row that will be compared soon.
    pub(in crate::gallery) fn prefetch(&self, row: u32) {
        #[cfg(target_arch = "x86_64")]
        for line in self.row(row) {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: the address is a line's own. A prefetch reads nothing that the program can
            // observe.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.0.as_ptr().cast()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = row;
    }

    fn row(&self, row: u32) -> &[CodeLine] {
        &self.lines[row as usize * self.lines_of_row..][..self.lines_of_row]
    }
}

impl QuantizedProbe {
    pub(in crate::gallery) fn new(vector: &[f32]) -> Self {
        let mut lines = Vec::with_capacity(vector.len().div_ceil(LINE_BYTES));
        let scale = encode(vector, &mut lines);
        Self { lines, scale }
    }
}

impl Scale {
    /// Returns the similarity.
    ///
    /// `products` is the sum of this vector's bytes times the other's around 128.
    fn similarity(self, products: i32, other: Self) -> f32 {
        self.step * other.step * (products - other.offset) as f32
    }
}

/// Appends a vector's bytes to `lines`.
fn encode(vector: &[f32], lines: &mut Vec<CodeLine>) -> Scale {
    let largest = vector.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let step = largest.max(f32::MIN_POSITIVE) / f32::from(i8::MAX);
    let mut sum = 0;
    for values in vector.chunks(LINE_BYTES) {
        let mut line = CodeLine([ZERO; LINE_BYTES]);
        for (byte, value) in line.0.iter_mut().zip(values) {
            // Rounding half to even is one instruction. Rounding half away from zero is not.
            let steps = (value / step).round_ties_even() as i32;
            sum += steps;
            *byte = (steps + i32::from(ZERO)) as u8;
        }
        lines.push(line);
    }
    Scale { step, offset: i32::from(ZERO) * sum }
}

/// Returns the sum of the bytes of `a` times those of `b` around 128.
fn dot(a: &[CodeLine], b: &[CodeLine]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512F and its VNNI.
            return unsafe { dot_vnni(a, b) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { dot_avx2(a, b) };
        }
    }
    dot_lines(a, b)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vnni")]
fn dot_vnni(a: &[CodeLine], b: &[CodeLine]) -> i32 {
    use std::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_reduce_add_epi32,
        _mm512_set1_epi8, _mm512_setzero_si512, _mm512_xor_si512,
    };
    let load = |line: &CodeLine| -> __m512i {
        // SAFETY: a line is 64 bytes long and begins at a multiple of 64.
        unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
    };
    let around_zero = _mm512_set1_epi8(i8::MIN);
    let mut sums = [_mm512_setzero_si512(); 2];
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let signed = _mm512_xor_si512(load(b), around_zero);
        sums[i % 2] = _mm512_dpbusd_epi32(sums[i % 2], load(a), signed);
    }
    _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1]))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn dot_avx2(a: &[CodeLine], b: &[CodeLine]) -> i32 {
    dot_lines(a, b)
}

/// Written so that the compiler vectorizes each step of the loop into a few instructions.
#[inline(always)]
fn dot_lines(a: &[CodeLine], b: &[CodeLine]) -> i32 {
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        let bytes = a.0.iter().zip(&b.0);
        sum += bytes.map(|(&a, &b)| i32::from(a) * i32::from((b ^ ZERO) as i8)).sum::<i32>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::embedded::dot::dot as exact;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_say_nearly_what_values_say(
            pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 1..300)
        ) {
            let width = pairs.len();
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let quantized = QuantizedVectors::new([a.as_slice(), b.as_slice()].into_iter(), width);
            let found = quantized.similarity(0, &QuantizedProbe::new(&b));
            // The error is at most half a step per value.
            let steps: f32 = quantized.scales.iter().map(|scale| scale.step).sum();
            prop_assert!((found - exact(&a, &b)).abs() < width as f32 * steps * 0.51 + 1e-4);
            prop_assert_eq!(found.to_bits(), quantized.similarity_of(0, 1).to_bits());
            let rows = [0, 1].map(|row| quantized.row(row));
            prop_assert_eq!(dot(rows[0], rows[1]), dot_lines(rows[0], rows[1]));
        }
    }
}
