//! Verification metrics: separation of kin pairs and unrelated pairs by score.

/// Scored pairs, sorted once, to evaluate under any weights.
///
/// ```
/// use kindred::metrics::Ranking;
///
/// let ranking = Ranking::new(&[0.9, 0.7, 0.2], &[true, false, true]);
/// assert_eq!(ranking.curve().roc_auc(), Some(0.5));
/// ```
pub struct Ranking {
    /// Pairs in descending order of score.
    pairs: Vec<RankedPair>,
}

struct RankedPair {
    score: f64,
    is_kin: bool,
    /// Index of the input pair, which is also the index of its weight.
    input: usize,
}

/// Accepted pairs at each threshold.
pub struct Curve {
    /// One point per distinct score, in descending order of threshold. The last one accepts all
    /// pairs.
    points: Vec<CurvePoint>,
}

/// Threshold with the share of the kin pairs at or above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatingPoint {
    /// The threshold.
    pub threshold: f64,
    /// Share of the kin pairs that are accepted, 0 to 1.
    pub true_accept_rate: f64,
}

/// Accepted pairs at the threshold `score >= threshold`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// The threshold.
    pub threshold: f64,
    /// Weight of the kin pairs at or above the threshold.
    pub true_accepts: f64,
    /// Weight of the unrelated pairs at or above the threshold.
    pub false_accepts: f64,
}

/// Weights of accepted pairs.
#[derive(Clone, Copy, Default)]
struct Accepts {
    kin: f64,
    unrelated: f64,
}

/// Two neighboring points of a curve.
struct CurveStep {
    from: Accepts,
    to: Accepts,
}

impl Ranking {
    /// Sorts pairs by score; `is_kin` holds the label of each pair.
    pub fn new(scores: &[f64], is_kin: &[bool]) -> Self {
        let scored = scores.iter().zip(is_kin).enumerate();
        let mut pairs: Vec<_> =
            scored.map(|(input, (&score, &is_kin))| RankedPair { score, is_kin, input }).collect();
        pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
        Self { pairs }
    }

    /// Returns the curve if every pair counts once.
    pub fn curve(&self) -> Curve {
        self.weighted_curve(|_| 1.0)
    }

    /// Returns the curve if the input pair at index `i` counts `weight(i)` times.
    ///
    /// Pairs of equal scores are accepted together, so that their order has no effect.
    pub fn weighted_curve(&self, weight: impl Fn(usize) -> f64) -> Curve {
        let mut points: Vec<CurvePoint> = Vec::new();
        let mut true_accepts = 0.0;
        let mut false_accepts = 0.0;
        for &RankedPair { score, is_kin, input } in &self.pairs {
            *if is_kin { &mut true_accepts } else { &mut false_accepts } += weight(input);
            let point = CurvePoint { threshold: score, true_accepts, false_accepts };
            match points.last_mut() {
                Some(last) if last.threshold == score => *last = point,
                _ => points.push(point),
            }
        }
        Curve { points }
    }
}

impl Curve {
    /// Returns the points, from the threshold that accepts least to the one that accepts all.
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// Returns the weights of all kin pairs and of all unrelated pairs.
    ///
    /// Returns `None` without pairs of both kinds.
    fn totals(&self) -> Option<Accepts> {
        let totals = self.points.last()?.accepts();
        (totals.kin > 0.0 && totals.unrelated > 0.0).then_some(totals)
    }

    /// Returns the steps between neighboring points. The first step begins with no accepts.
    fn steps(&self) -> impl Iterator<Item = CurveStep> {
        let ends = self.points.iter().map(CurvePoint::accepts);
        let starts = std::iter::once(Accepts::default()).chain(ends.clone());
        starts.zip(ends).map(|(from, to)| CurveStep { from, to })
    }

    /// Returns the area under the receiver operating characteristic, 0 to 1.
    ///
    /// It is the probability that a kin pair scores above an unrelated pair. Ties count half.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn roc_auc(&self) -> Option<f64> {
        let Accepts { kin, unrelated } = self.totals()?;
        let trapezoids = self.steps().map(|CurveStep { from, to }| {
            (to.unrelated - from.unrelated) * (from.kin + to.kin) / 2.0
        });
        Some(trapezoids.sum::<f64>() / kin / unrelated)
    }

    /// Returns the average precision, 0 to 1.
    ///
    /// It is the precision at each threshold, weighted by the kin that the threshold adds.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn average_precision(&self) -> Option<f64> {
        let Accepts { kin, .. } = self.totals()?;
        let sum: f64 = self
            .steps()
            .filter(|CurveStep { from, to }| to.kin > from.kin)
            .map(|CurveStep { from, to }| (to.kin - from.kin) * to.kin / (to.kin + to.unrelated))
            .sum();
        Some(sum / kin)
    }

    /// Returns the lowest threshold with a false accept rate of at most `rate`.
    ///
    /// The threshold is infinite, with no true accepts, if the first point already exceeds `rate`.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn at_false_accept_rate(&self, rate: f64) -> Option<OperatingPoint> {
        let Accepts { kin, unrelated } = self.totals()?;
        let accepting =
            self.points.partition_point(|point| point.false_accepts <= rate * unrelated);
        let last = accepting.checked_sub(1).map(|i| self.points[i]);
        Some(match last {
            Some(CurvePoint { threshold, true_accepts, .. }) => {
                OperatingPoint { threshold, true_accept_rate: true_accepts / kin }
            }
            None => OperatingPoint { threshold: f64::INFINITY, true_accept_rate: 0.0 },
        })
    }

    /// Returns the balanced accuracy: the share of pairs on the correct side of `threshold`.
    ///
    /// Kin pairs and unrelated pairs have equal total weight.
    pub fn accuracy(&self, threshold: f64) -> Option<f64> {
        let Accepts { kin, unrelated } = self.totals()?;
        let accepting = self.points.partition_point(|point| point.threshold >= threshold);
        let accepts = accepting.checked_sub(1).map(|i| self.points[i].accepts());
        let accepts = accepts.unwrap_or_default();
        Some((accepts.kin / kin + 1.0 - accepts.unrelated / unrelated) / 2.0)
    }

    /// Returns the highest threshold with the best [`Self::accuracy`].
    pub fn most_accurate_threshold(&self) -> Option<f64> {
        let totals = self.totals()?;
        let mut points = self.points.iter();
        let mut best = points.next()?;
        for point in points {
            if best.youden_index(totals) < point.youden_index(totals) {
                best = point;
            }
        }
        Some(best.threshold)
    }
}

impl CurvePoint {
    fn accepts(&self) -> Accepts {
        Accepts { kin: self.true_accepts, unrelated: self.false_accepts }
    }

    /// Returns the true accept rate minus the false accept rate (Youden 1950).
    ///
    /// `totals` are the weights of all pairs.
    fn youden_index(&self, totals: Accepts) -> f64 {
        self.true_accepts / totals.kin - self.false_accepts / totals.unrelated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(scores: &[f64], is_kin: &[bool]) -> Curve {
        Ranking::new(scores, is_kin).curve()
    }

    fn operating_point(threshold: f64, true_accept_rate: f64) -> Option<OperatingPoint> {
        Some(OperatingPoint { threshold, true_accept_rate })
    }

    #[test]
    fn a_perfect_order_has_area_one_and_a_reversed_one_zero() {
        let kin = [true, true, false, false];
        assert_eq!(curve(&[4.0, 3.0, 2.0, 1.0], &kin).roc_auc(), Some(1.0));
        assert_eq!(curve(&[1.0, 2.0, 3.0, 4.0], &kin).roc_auc(), Some(0.0));
        assert_eq!(curve(&[1.0; 4], &kin).roc_auc(), Some(0.5));
    }

    #[test]
    fn without_pairs_of_both_kinds_there_is_no_metric() {
        for kin in [true, false] {
            let curve = curve(&[0.1, 0.2], &[kin; 2]);
            assert_eq!((curve.roc_auc(), curve.average_precision()), (None, None));
            assert_eq!((curve.at_false_accept_rate(0.1), curve.accuracy(0.1)), (None, None));
            assert_eq!(curve.most_accurate_threshold(), None);
        }
        assert_eq!(curve(&[], &[]).roc_auc(), None);
    }

    #[test]
    fn the_false_accepts_at_a_rate_stay_within_it() {
        let scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
        let kin = [true, false, true, false, true, false];
        let curve = curve(&scores, &kin);
        assert_eq!(curve.at_false_accept_rate(0.0), operating_point(0.9, 1.0 / 3.0));
        assert_eq!(curve.at_false_accept_rate(0.34), operating_point(0.7, 2.0 / 3.0));
        assert_eq!(curve.at_false_accept_rate(1.0), operating_point(0.4, 1.0));
        let wrong = Ranking::new(&[0.9, 0.1], &[false, true]).curve();
        assert_eq!(wrong.at_false_accept_rate(0.5), operating_point(f64::INFINITY, 0.0));
    }

    #[test]
    fn the_most_accurate_threshold_is_no_worse_than_any_score() {
        let scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
        let kin = [true, true, false, true, false, false];
        let curve = curve(&scores, &kin);
        let best = curve.accuracy(curve.most_accurate_threshold().unwrap()).unwrap();
        assert!(scores.iter().all(|&score| curve.accuracy(score).unwrap() <= best));
        assert_eq!((best, curve.accuracy(2.0)), (5.0 / 6.0, Some(0.5)));
    }

    #[test]
    fn a_weight_counts_as_that_many_pairs() {
        let weighted = Ranking::new(&[0.3, 0.2, 0.9], &[true, false, false]);
        let weighted = weighted.weighted_curve(|i| [2.0, 3.0, 1.0][i]);
        let repeated =
            curve(&[0.3, 0.3, 0.2, 0.2, 0.2, 0.9], &[true, true, false, false, false, false]);
        assert_eq!(weighted.roc_auc(), repeated.roc_auc());
        assert_eq!(weighted.average_precision(), repeated.average_precision());
    }
}
