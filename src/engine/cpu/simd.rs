//! Vector instructions, chosen once at run time.

/// Instruction set for which the kernels are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instructions {
    /// Only the instructions of every processor of the architecture.
    Baseline,
    /// AVX2 with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// NEON, which every 64-bit Arm has.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Instructions {
    /// Returns the instruction sets of this processor, the fastest last.
    pub(crate) fn available() -> Vec<Self> {
        let mut found = vec![Self::Baseline];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f") {
                found.push(Self::Avx512);
            }
        }
        #[cfg(target_arch = "aarch64")]
        found.push(Self::Neon);
        found
    }

    /// Returns the fastest instruction set.
    pub(crate) fn best() -> Self {
        *Self::available().last().expect("the baseline is always there")
    }

    /// Runs a kernel compiled for these instructions.
    pub(super) fn dispatch<K: Kernel>(self, kernel: K) {
        match self {
            Self::Baseline => kernel.run(Baseline),
            // SAFETY: `available` is the only source of these values, and detected the feature.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { x86::run_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::run_avx512(kernel) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => kernel.run(neon::Neon),
        }
    }
}

/// A piece of work written once for all instruction sets.
///
/// `run` must be `#[inline(always)]`, and so must every function in its hot loops. Only then is it
/// compiled for the instruction set that it was dispatched to.
pub(super) trait Kernel {
    fn run<S: Simd>(self, simd: S);
}

/// Arithmetic on a vector of `LANES` f32. A value of an implementing type proves that the processor
/// supports it.
pub(super) trait Simd: Copy {
    type V: Copy;
    const LANES: usize;
    /// Adjacent vectors in the register tile of a matrix product.
    const VECTORS: usize;

    fn splat(self, x: f32) -> Self::V;
    /// # Safety
    /// `LANES` values can be read at `from`.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// # Safety
    /// `LANES` values can be written at `to`.
    unsafe fn store(self, to: *mut f32, v: Self::V);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b + c`
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
}

/// Arrays, which the compiler turns into the baseline instructions.
#[derive(Clone, Copy)]
pub(super) struct Baseline;

macro_rules! lanewise {
    ($a:ident, $b:ident, $lane:ident => $result:expr) => {{
        let mut out = [0.0; 4];
        for $lane in 0..4 {
            out[$lane] = $result;
        }
        out
    }};
}

impl Simd for Baseline {
    type V = [f32; 4];
    const LANES: usize = 4;
    const VECTORS: usize = 2;

    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 4] {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> [f32; 4] {
        // SAFETY: the caller's promise; an array has the alignment of its elements.
        unsafe { *from.cast() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: [f32; 4]) {
        // SAFETY: as for `load`.
        unsafe { *to.cast() = v }
    }
    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanewise!(a, b, i => a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanewise!(a, b, i => a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanewise!(a, b, i => a[i] * b[i])
    }
    #[inline(always)]
    fn max(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanewise!(a, b, i => if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn min(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanewise!(a, b, i => if a[i] < b[i] { a[i] } else { b[i] })
    }
    /// Rounded twice: without the instruction, a fused multiply-add is a call into the math
    /// library.
    #[inline(always)]
    fn fma(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        lanewise!(a, b, i => a[i] * b[i] + c[i])
    }
}

/// Implements a vector type by its intrinsics.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! intrinsics {
    (
        $name:ident, $vector:ty, $lanes:literal x $vectors:literal,
        $splat:ident, $load:ident, $store:ident,
        $add:ident, $sub:ident, $mul:ident, $max:ident, $min:ident,
        |$a:ident, $b:ident, $c:ident| $fma:expr
    ) => {
        #[allow(unused_unsafe, reason = "NEON is always there on 64-bit Arm, and safe")]
        impl Simd for $name {
            type V = $vector;
            const LANES: usize = $lanes;
            const VECTORS: usize = $vectors;

            #[inline(always)]
            fn splat(self, x: f32) -> $vector {
                // SAFETY: the processor has the instruction, because `self` exists. The same holds
                // below.
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(self, from: *const f32) -> $vector {
                // SAFETY: as for `splat`, and the caller's promise.
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut f32, v: $vector) {
                // SAFETY: as for `splat`, and the caller's promise.
                unsafe { $store(to, v) }
            }
            #[inline(always)]
            fn add(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as for `splat`.
                unsafe { $add(a, b) }
            }
            #[inline(always)]
            fn sub(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as for `splat`.
                unsafe { $sub(a, b) }
            }
            #[inline(always)]
            fn mul(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as for `splat`.
                unsafe { $mul(a, b) }
            }
            #[inline(always)]
            fn max(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as for `splat`.
                unsafe { $max(a, b) }
            }
            #[inline(always)]
            fn min(self, a: $vector, b: $vector) -> $vector {
                // SAFETY: as for `splat`.
                unsafe { $min(a, b) }
            }
            #[inline(always)]
            fn fma(self, $a: $vector, $b: $vector, $c: $vector) -> $vector {
                // SAFETY: as for `splat`.
                unsafe { $fma }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use crate::engine::cpu::simd::{Kernel, Simd};

    #[derive(Clone, Copy)]
    pub(super) struct Avx2(());

    #[derive(Clone, Copy)]
    pub(super) struct Avx512(());

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn run_avx2<K: Kernel>(kernel: K) {
        kernel.run(Avx2(()));
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn run_avx512<K: Kernel>(kernel: K) {
        kernel.run(Avx512(()));
    }

    intrinsics!(
        Avx2, __m256, 8 x 2, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps,
        _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_max_ps, _mm256_min_ps,
        |a, b, c| _mm256_fmadd_ps(a, b, c)
    );
    intrinsics!(
        Avx512, __m512, 16 x 4, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps,
        _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_max_ps, _mm512_min_ps,
        |a, b, c| _mm512_fmadd_ps(a, b, c)
    );
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use std::arch::aarch64::*;

    use crate::engine::cpu::simd::Simd;

    #[derive(Clone, Copy)]
    pub(super) struct Neon;

    intrinsics!(
        Neon, float32x4_t, 4 x 4, vdupq_n_f32, vld1q_f32, vst1q_f32,
        vaddq_f32, vsubq_f32, vmulq_f32, vmaxq_f32, vminq_f32,
        |a, b, c| vfmaq_f32(c, a, b)
    );
}
