//! Confidence intervals of metrics by resampling families.

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Bootstrap over families, drawn with replacement (Efron 1979).
///
/// The pairs of one family are drawn together.
#[derive(Clone, Copy, Debug)]
pub struct Bootstrap {
    /// Number of families.
    pub families: usize,
    /// Number of draws.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// The middle 95 % of a metric's draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// 2.5 % of the draws are below.
    pub low: f64,
    /// 2.5 % of the draws are above.
    pub high: f64,
}

/// Estimate of a metric, with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Value over all families.
    pub value: f64,
    /// Confidence interval over families.
    pub interval: Interval,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, interval: Interval { low, high } } = self;
        write!(f, "{value:.3} [{low:.3}, {high:.3}]")
    }
}

/// Number of draws of a published interval.
const DRAWS: usize = 1000;

impl Bootstrap {
    /// Creates a bootstrap of 1,000 draws.
    pub fn new(families: usize, seed: u64) -> Self {
        Self { families, draws: DRAWS, seed }
    }

    /// Computes metrics and their intervals; `metrics` is as in [`Self::intervals`].
    ///
    /// An estimate is `None` if `metrics` returns `None` for it when every family counts once.
    /// It is also `None` if no draw has a value.
    pub fn estimates<const N: usize>(
        &self,
        metrics: impl Fn(&[f64]) -> [Option<f64>; N],
    ) -> [Option<Estimate>; N] {
        let values = metrics(&vec![1.0; self.families]);
        let intervals = self.intervals(metrics);
        std::array::from_fn(|i| Some(Estimate { value: values[i]?, interval: intervals[i]? }))
    }

    /// Computes the intervals of metrics over draws of families.
    ///
    /// Each draw takes as many families as there are, with replacement. It calls `metrics` with
    /// weights, so that family f counts `families[f]` times. A draw without a value for a metric is
    /// ignored for that metric. An interval is `None` if no draw has a value.
    pub fn intervals<const N: usize>(
        &self,
        metrics: impl Fn(&[f64]) -> [Option<f64>; N],
    ) -> [Option<Interval>; N] {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut values = [const { Vec::new() }; N];
        for _ in 0..self.draws {
            let mut counts = vec![0.0; self.families];
            for _ in 0..self.families {
                counts[random.random_range(0..self.families)] += 1.0;
            }
            for (values, value) in values.iter_mut().zip(metrics(&counts)) {
                values.extend(value);
            }
        }
        values.map(middle)
    }
}

/// Returns the middle 95 %.
fn middle(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let [low, high] = [0.025, 0.975].map(|share| values[(share * last as f64).round() as usize]);
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_central_limit() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 20)).collect();
        let mean = |counts: &[f64]| {
            [Some(counts.iter().zip(&values).map(|(n, value)| n * value).sum::<f64>() / 400.0)]
        };
        let bootstrap = Bootstrap { families: 400, draws: 2000, seed: 1 };
        let Interval { low, high } = bootstrap.intervals(mean)[0].unwrap();
        // Standard deviation of 0..20, over the root of 400, times 1.96.
        let half = 33.25_f64.sqrt() / 20.0 * 1.96;
        assert!((low - (9.5 - half)).abs() < 0.05 && (high - (9.5 + half)).abs() < 0.05);
        assert_eq!(bootstrap.intervals(mean), bootstrap.intervals(mean));
    }

    #[test]
    fn draws_without_a_value_are_ignored() {
        let bootstrap = Bootstrap { families: 3, draws: 50, seed: 1 };
        let metrics = |counts: &[f64]| [None, (counts[0] > 0.0).then_some(1.0)];
        let always_one = Some(Interval { low: 1.0, high: 1.0 });
        assert_eq!(bootstrap.intervals(metrics), [None, always_one]);
    }
}
