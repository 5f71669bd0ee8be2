//! How good scores are: pure functions on slices.
//!
//! Verification asks of a pair of photos whether they are kin: [`Ranking`] and [`Curve`], and for probabilities
//! [`brier_score`] and [`calibration_error`], for likelihood ratios [`cllr`]. Retrieval asks who of a gallery is kin to a probe:
//! [`average_precision`] and [`is_hit`]. How sure a figure is, is the width of its [`Interval`], drawn anew over
//! families, because the pairs of one family are not independent of each other.

mod bootstrap;
mod calibration;
mod likelihood;
mod ranking;
mod ratio;
mod retrieval;
mod verification;

pub use bootstrap::{Bootstrap, Figure, Interval};
pub use calibration::{Bin, brier_score, calibration_error, reliability};
pub use likelihood::{MonotoneCalibration, cllr};
pub use ranking::{Curve, Point, Ranking};
pub use ratio::RatioTerm;
pub use retrieval::{average_precision, is_hit};
pub use verification::{
    BINS, LikelihoodFigures, Pairs, ProbabilityFigures, RankingFigures, RelationFigures,
};
