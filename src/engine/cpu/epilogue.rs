//! Final operations on a layer's sums before they are stored.

use super::buffer::Buffer;
use super::simd::Simd;

/// The activation function of a layer.
pub(super) enum Activation {
    Identity,
    Relu,
    /// Slopes for negative values, per channel.
    Prelu(Buffer),
    Sigmoid,
}

/// Bias, then an optional residual, then the activation.
pub(super) struct Epilogue {
    pub(super) bias: Buffer,
    pub(super) activation: Activation,
}

impl Epilogue {
    /// Returns the results of `LANES` channels from `channel`.
    ///
    /// # Safety
    /// These channels exist. `residual` is null or points to as many values.
    #[inline(always)]
    pub(super) unsafe fn apply<S: Simd>(
        &self,
        simd: S,
        sum: S::V,
        channel: usize,
        residual: *const f32,
    ) -> S::V {
        // SAFETY: the caller's promise.
        unsafe {
            let mut x = simd.add(sum, simd.load(self.bias.as_ptr().add(channel)));
            if !residual.is_null() {
                x = simd.add(x, simd.load(residual));
            }
            let zero = simd.splat(0.0);
            match &self.activation {
                Activation::Identity => x,
                Activation::Relu => simd.max(x, zero),
                Activation::Prelu(slopes) => {
                    let slope = simd.load(slopes.as_ptr().add(channel));
                    simd.fma(slope, simd.min(x, zero), simd.max(x, zero))
                }
                Activation::Sigmoid => sigmoid(simd, x),
            }
        }
    }
}

/// Computes the sigmoid lane by lane. Only layers of a few hundred values end with it.
#[inline(always)]
fn sigmoid<S: Simd>(simd: S, x: S::V) -> S::V {
    let mut lanes = [0.0_f32; 16];
    // SAFETY: no vector has more than sixteen lanes.
    unsafe {
        simd.store(lanes.as_mut_ptr(), x);
        for lane in &mut lanes[..S::LANES] {
            *lane = 1.0 / (1.0 + (-*lane).exp());
        }
        simd.load(lanes.as_ptr())
    }
}
