//! Dropout (Srivastava et al. 2014) with seeded masks.
//!
//! One seed always yields the same heads.

use candle_core::{Result, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Dropout rates during training, and the random generator of the masks.
pub(crate) struct Dropout {
    /// Rates of the fused features and of the hidden values, 0 to 1.
    rates: [f32; 2],
    random: ChaCha8Rng,
}

impl Dropout {
    pub(crate) fn new(features: f32, hidden: f32, seed: u64) -> Self {
        Self { rates: [features, hidden], random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Creates a dropout that drops nothing.
    pub(crate) fn off() -> Self {
        Self::new(0.0, 0.0, 0)
    }

    pub(crate) fn features(&mut self, values: Tensor) -> Result<Tensor> {
        self.drop(values, self.rates[0])
    }

    pub(crate) fn hidden(&mut self, values: Tensor) -> Result<Tensor> {
        self.drop(values, self.rates[1])
    }

    /// Sets a share of the values to zero and scales the others up.
    ///
    /// The expected sum does not change.
    fn drop(&mut self, values: Tensor, rate: f32) -> Result<Tensor> {
        if rate == 0.0 {
            return Ok(values);
        }
        // Sixteen random bits a value give enough resolution.
        let limit = (rate * 65536.0) as u16;
        let mut bits = vec![0_u8; 2 * values.elem_count()];
        self.random.fill(bits.as_mut_slice());
        let scale = 1.0 / (1.0 - rate);
        let mask: Vec<f32> = bits
            .as_chunks()
            .0
            .iter()
            .map(|bits| if u16::from_le_bytes(*bits) < limit { 0.0 } else { scale })
            .collect();
        let mask = Tensor::from_vec(mask, values.shape(), values.device())?;
        values * mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_share_that_is_dropped_is_the_rate_and_the_sum_stays() {
        let ones = Tensor::ones((200, 500), candle_core::DType::F32, &Device::Cpu).unwrap();
        let mut dropout = Dropout::new(0.2, 0.0, 3);
        let dropped: Vec<f32> =
            dropout.features(ones.clone()).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        let zeros = dropped.iter().filter(|value| **value == 0.0).count() as f32 / 1e5;
        assert!((zeros - 0.2).abs() < 0.01, "{zeros}");
        assert!((dropped.iter().sum::<f32>() / 1e5 - 1.0).abs() < 0.01);
        let again = Dropout::new(0.2, 0.0, 3).features(ones.clone()).unwrap();
        assert_eq!(dropped, again.flatten_all().unwrap().to_vec1::<f32>().unwrap());
        let unchanged = dropout.hidden(ones.clone()).unwrap();
        assert_eq!(unchanged.sum_all().unwrap().to_scalar::<f32>().unwrap(), 1e5);
    }
}
