//! Tail of strangers' scores: the probability that an unrelated person scores at least as high.

use serde::{Deserialize, Serialize};

/// A generalized Pareto tail above a threshold (peaks over threshold; Pickands 1975).
///
/// `P(score > s) = share · (1 + ξ (s − threshold) / scale)^(−1/ξ)` for scores above the threshold.
/// Counting cannot yield a rate of one in ten thousand from a few thousand scores. A fitted tail
/// can.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// Share of all scores above the threshold, 0 to 1.
    pub share: f64,
    /// Score at which the tail begins.
    pub threshold: f64,
    /// Scale of the excess, above 0.
    pub scale: f64,
    /// ξ: negative if scores have an upper bound, 0 for an exponential tail.
    pub shape: f64,
}

/// Bounds of ξ.
///
/// A more negative ξ bounds the scores. The false positive rate then rises with the gallery, from 5
/// % at 300 people to 12 % at 1,446. A larger ξ is an effect of too few scores.
const SHAPES: [f64; 2] = [-0.05, 0.2];

impl Tail {
    /// Fits the tail of the highest `share` of `scores`.
    ///
    /// The method is probability-weighted moments (Hosking and Wallis 1987).
    ///
    /// Returns `None` if fewer than `min_peaks` scores lie above the threshold.
    pub fn fit(scores: &mut [f64], share: f64, min_peaks: usize) -> Option<Self> {
        let (threshold, excess) = peaks(scores, share, min_peaks)?;
        let count = excess.len() as f64;
        let mean = excess.iter().sum::<f64>() / count;
        // a₁ = E[X (1 − F(X))] over the excess in ascending order.
        let weighted = excess
            .iter()
            .zip(1_u32..)
            .map(|(x, rank)| x * (count - f64::from(rank)) / (count - 1.0));
        let first = weighted.sum::<f64>() / count;
        let shape = 2.0 - mean / (mean - 2.0 * first).max(1e-12);
        let shape = shape.clamp(SHAPES[0], SHAPES[1]);
        Some(Self { share, threshold, scale: mean * (1.0 - shape), shape })
    }

    /// Fits the tail of other scores, with the same share and shape.
    ///
    /// Only threshold and scale are fitted.
    ///
    /// Returns `None` if fewer than `min_peaks` scores lie above the threshold.
    pub fn refit(&self, scores: &mut [f64], min_peaks: usize) -> Option<Self> {
        let (threshold, excess) = peaks(scores, self.share, min_peaks)?;
        let mean = excess.iter().sum::<f64>() / excess.len() as f64;
        Some(Self { threshold, scale: mean * (1.0 - self.shape), ..*self })
    }

    /// Returns `−ln` of [`Self::exceedance`], 0 or more and finite.
    pub fn rarity(&self, score: f64) -> f64 {
        -self.exceedance(score).max(f64::MIN_POSITIVE).ln()
    }

    /// Returns the probability that a stranger's score exceeds `score`, 0 to 1.
    ///
    /// Below the threshold it grows as an exponential tail of the same scale, up to 1.
    pub fn exceedance(&self, score: f64) -> f64 {
        let excess = (score - self.threshold) / self.scale;
        if excess <= 0.0 || self.shape.abs() < 1e-9 {
            return (self.share * (-excess).exp()).min(1.0);
        }
        let base = (1.0 + self.shape * excess).max(0.0);
        self.share * base.powf(-1.0 / self.shape)
    }
}

/// Returns the threshold of the highest `share` of the scores, and their excess.
///
/// The excess is in ascending order.
fn peaks(scores: &mut [f64], share: f64, min_peaks: usize) -> Option<(f64, Vec<f64>)> {
    scores.sort_unstable_by(f64::total_cmp);
    let count = (scores.len() as f64 * share) as usize;
    if count < min_peaks.max(2) {
        return None;
    }
    let threshold = scores[scores.len() - count - 1];
    let excess: Vec<f64> = scores[scores.len() - count..].iter().map(|s| s - threshold).collect();
    (excess.iter().sum::<f64>() > 0.0).then_some((threshold, excess))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of an exponential distribution with mean 2.
    fn exponential(count: usize) -> Vec<f64> {
        (0..count).map(|i| -2.0 * (1.0 - (i as f64 + 0.5) / count as f64).ln()).collect()
    }

    #[test]
    fn exponential_scores_have_shape_zero_and_their_rates() {
        let tail = Tail::fit(&mut exponential(100_000), 0.01, 50).unwrap();
        assert!(tail.shape.abs() < 0.02 && (tail.scale - 2.0).abs() < 0.1, "{tail:?}");
        for rate in [1e-3, 1e-4] {
            let score = -2.0 * f64::ln(rate);
            let found = tail.exceedance(score);
            assert!((found / rate - 1.0).abs() < 0.1, "{rate}: {found}");
        }
    }

    #[test]
    fn refitted_tail_follows_moved_scores() {
        let tail = Tail::fit(&mut exponential(10_000), 0.01, 50).unwrap();
        let mut moved: Vec<f64> = exponential(10_000).iter().map(|s| 3.0 * s + 5.0).collect();
        let refitted = tail.refit(&mut moved, 50).unwrap();
        let [a, b] = [tail.exceedance(12.0), refitted.exceedance(3.0 * 12.0 + 5.0)];
        assert!((a / b - 1.0).abs() < 1e-6, "{a} {b}");
    }

    #[test]
    fn exceedance_falls_with_the_score_and_stays_a_probability() {
        let tail = Tail { share: 0.01, threshold: 0.0, scale: 1.0, shape: -0.2 };
        let rates: Vec<f64> = (-10..20).map(|s| tail.exceedance(f64::from(s))).collect();
        assert!(rates.is_sorted_by(|a, b| a >= b), "{rates:?}");
        assert_eq!((rates[0], rates[29]), (1.0, 0.0));
    }

    #[test]
    fn too_few_scores_have_no_tail() {
        assert_eq!(Tail::fit(&mut exponential(1000), 0.01, 50), None);
        assert_eq!(Tail::fit(&mut [1.0; 1000], 0.1, 50), None);
    }
}
