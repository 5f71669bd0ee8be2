//! Metrics of scores: pure functions on slices.
//!
//! Verification decides whether a pair of photos is kin. Its metrics are [`Ranking`] and [`Curve`],
//! for probabilities [`brier_score`] and [`calibration_error`], and for likelihood ratios [`cllr`].
//! Retrieval finds the kin of a probe in a gallery. Its metrics are [`average_precision`] and
//! [`is_hit`]. The uncertainty of a metric is the width of its [`Interval`]. Intervals resample
//! families, because the pairs of one family are not independent.

mod bootstrap;
mod calibration;
mod likelihood;
mod ranking;
mod ratio;
mod retrieval;
mod verification;

pub use bootstrap::{Bootstrap, Estimate, Interval};
pub use calibration::{Bin, brier_score, calibration_error, reliability};
pub use likelihood::{MonotoneCalibration, cllr};
pub use ranking::{Curve, CurvePoint, OperatingPoint, Ranking};
pub use ratio::RatioTerm;
pub use retrieval::{average_precision, is_hit};
pub use verification::{
    BINS, LikelihoodMetrics, Pairs, ProbabilityMetrics, RankingMetrics, RelationMetrics,
};
