//! Adaptive score normalization: a score relative to the highest cohort scores of each face.
//!
//! Some faces score high with all people: a common look, an old photograph, a blurred crop. Each
//! face is therefore compared with a *cohort* of strangers. Normalization subtracts the mean score
//! of each face with its most similar strangers. The method is adaptive symmetric normalization (P.
//! Matějka et al., "Analysis of Score Normalization in Multilingual Speaker Recognition",
//! Interspeech 2017).
//!
//! Deviation from the paper: a score is divided by the root of the standard deviation, not by the
//! standard deviation. Otherwise, a face with one very similar stranger would lose too much of its
//! own relatives' scores.

use super::Rows;

/// Faces of strangers. Each is the mean of several people, so that no one can be recognized.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// Mean faces, per backbone `(n, d)`.
    pub faces: Vec<Rows>,
}

/// Mean and standard deviation of the highest cohort scores of one face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CohortStatistics {
    /// Mean of the highest scores.
    pub mean: f64,
    /// Standard deviation of the highest scores, above 0.
    pub deviation: f64,
}

/// Share of the cohort scores that count: those of the most similar strangers.
const HIGHEST_SHARE: f64 = 0.02;
/// Minimum number of scores that count, so that mean and deviation are stable.
const MIN_HIGHEST: usize = 20;
/// Lower bound of a deviation, so that it stays above 0.
const MIN_DEVIATION: f64 = 1e-6;

impl CohortStatistics {
    /// Returns the statistics of one face's scores with a cohort. Reorders `scores`.
    ///
    /// Returns `None` if the cohort is smaller than twice the number of scores that count.
    pub fn from_scores(scores: &mut [f32]) -> Option<Self> {
        let count = ((scores.len() as f64 * HIGHEST_SHARE) as usize).max(MIN_HIGHEST);
        if scores.len() < 2 * count {
            return None;
        }
        scores.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
        let highest = &scores[..count];
        let mean = highest.iter().map(|&score| f64::from(score)).sum::<f64>() / count as f64;
        let square = highest.iter().map(|&score| (f64::from(score) - mean).powi(2)).sum::<f64>();
        let deviation = (square / count as f64).sqrt().max(MIN_DEVIATION);
        Some(Self { mean, deviation })
    }

    /// Returns a mixture of `share` of `other`, 0 to 1, and the rest of `self`.
    #[must_use]
    pub fn mixed(self, other: Self, share: f64) -> Self {
        Self {
            mean: (1.0 - share) * self.mean + share * other.mean,
            deviation: (1.0 - share) * self.deviation + share * other.deviation,
        }
    }

    /// Normalizes a score of one of the two faces.
    fn normalized(self, score: f64, typical_deviation: f64) -> f64 {
        (score - self.mean) / (self.deviation * typical_deviation).sqrt()
    }
}

/// Normalizes the score of two faces. The result is the same in both orders.
///
/// `typical_deviation` is the median deviation of many faces. It scales a normalized score to units
/// of about one deviation.
pub fn normalized(score: f64, faces: [CohortStatistics; 2], typical_deviation: f64) -> f64 {
    let [a, b] = faces.map(|face| face.normalized(score, typical_deviation));
    (a + b) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_the_highest_scores() {
        let mut scores: Vec<f32> = (0..2000).map(|i| (i * 37 % 2000) as f32).collect();
        let found = CohortStatistics::from_scores(&mut scores).unwrap();
        // The highest 40 of 0..2000 are 1960..2000.
        assert!((found.mean - 1979.5).abs() < 1e-9);
        assert!((found.deviation - ((40.0_f64.powi(2) - 1.0) / 12.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn small_cohort_has_no_statistics() {
        assert_eq!(CohortStatistics::from_scores(&mut [1.0; 39]), None);
        let constant = CohortStatistics::from_scores(&mut [1.0; 40]).unwrap();
        assert!(constant.deviation > 0.0 && constant.mean == 1.0);
    }

    #[test]
    fn face_that_scores_high_with_strangers_loses_it() {
        let plain = CohortStatistics { mean: 1.0, deviation: 0.5 };
        let common = CohortStatistics { mean: 2.0, deviation: 0.5 };
        let score = |faces| normalized(2.0, faces, 0.5);
        assert!(score([plain, common]) < score([plain, plain]));
        assert_eq!(score([plain, common]), score([common, plain]));
        assert_eq!(score([plain, plain]), 2.0);
    }
}
