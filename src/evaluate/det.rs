//! Detection error tradeoff: error rates by the threshold.

use serde::Serialize;

use crate::metrics::{Curve, CurvePoint};

/// Maximum number of points of a detection error tradeoff curve.
const MAX_POINTS: usize = 50;

/// Error rates at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DetPoint {
    /// Share of non-mated searches with a marked person, 0 to 1.
    pub fpir: f64,
    /// Share of mated searches without a marked relative, 0 to 1.
    pub fnir: f64,
    /// Threshold: people with at most this number of expected chance matches are marked.
    pub chance_matches: f64,
}

/// Returns the lowest FNIR of a threshold with a measured FPIR of at most `rate`.
///
/// Returns `None` without searches of both kinds.
pub(super) fn fnir_at_fpir(curve: &Curve, rate: f64) -> Option<f64> {
    curve.at_false_accept_rate(rate).map(|point| 1.0 - point.true_accept_rate)
}

/// Returns points of the detection error tradeoff, at FPIR evenly spaced on a logarithmic scale.
///
/// The result is empty without searches of both kinds.
pub(super) fn det(curve: &Curve) -> Vec<DetPoint> {
    let Some(&CurvePoint { true_accepts: mated, false_accepts: non_mated, .. }) =
        curve.points().last()
    else {
        return Vec::new();
    };
    if mated == 0.0 || non_mated == 0.0 {
        return Vec::new();
    }
    // A search without any markable person has no finite threshold.
    let markable = curve.points().partition_point(|point| point.threshold.is_finite());
    let points = &curve.points()[..markable];
    let mut det: Vec<DetPoint> = Vec::with_capacity(MAX_POINTS);
    for i in 0..MAX_POINTS {
        let allowed = non_mated.powf(i as f64 / (MAX_POINTS - 1) as f64);
        // Rounding must not exclude an integer number of searches.
        let within = points.partition_point(|point| point.false_accepts <= allowed + 1e-9);
        let Some(point) = within.checked_sub(1).map(|last| points[last]) else { continue };
        let point = DetPoint {
            fpir: point.false_accepts / non_mated,
            fnir: 1.0 - point.true_accepts / mated,
            chance_matches: -point.threshold,
        };
        if det.last() != Some(&point) {
            det.push(point);
        }
    }
    det
}
