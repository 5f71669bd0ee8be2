//! Cost of likelihood ratios.

/// Returns the cost of log likelihood ratios, in bits.
///
/// 0 stands for ratios that are always right and certain. 1 stands for ratios without information.
/// Source: N. Brümmer and J. du Preez, "Application-independent evaluation of speaker detection",
/// 2006.
///
/// `weight(i)` is the weight of pair i.
///
/// Returns `None` without pairs of both kinds.
pub fn cllr(
    log_likelihood_ratios: &[f64],
    is_kin: &[bool],
    weight: impl Fn(usize) -> f64,
) -> Option<f64> {
    let mut cost = [0.0; 2];
    let mut total = [0.0; 2];
    for (i, (&ratio, &is_kin)) in log_likelihood_ratios.iter().zip(is_kin).enumerate() {
        let signed = if is_kin { -ratio } else { ratio };
        cost[usize::from(is_kin)] += weight(i) * softplus(signed) / std::f64::consts::LN_2;
        total[usize::from(is_kin)] += weight(i);
    }
    let is_complete = total.iter().all(|&total| total > 0.0);
    is_complete.then(|| (cost[0] / total[0] + cost[1] / total[1]) / 2.0)
}

/// Returns ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Scores in ascending order, for the [`cllr`] of their best monotone calibration.
///
/// One sorted instance serves many weights.
pub struct MonotoneCalibration {
    /// Pairs in ascending order of their scores; pairs of equal score form one group.
    groups: Vec<Vec<usize>>,
    is_kin: Vec<bool>,
}

/// Pairs to which one likelihood ratio is fitted.
#[derive(Clone, Copy)]
struct Pool {
    kin: f64,
    unrelated: f64,
}

impl Pool {
    fn share(self) -> f64 {
        self.kin / (self.kin + self.unrelated).max(1e-300)
    }
}

impl MonotoneCalibration {
    /// Sorts the scores of pairs.
    pub fn new(scores: &[f64], is_kin: &[bool]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let groups = order.chunk_by(|&a, &b| scores[a] == scores[b]).map(<[usize]>::to_vec);
        Self { groups: groups.collect(), is_kin: is_kin.to_vec() }
    }

    /// Returns the lowest [`cllr`] of any monotone function of the scores.
    ///
    /// It is found by pooling adjacent violators. The excess of a calibrated score's cost over it
    /// is the calibration loss.
    ///
    /// Returns `None` without pairs of both kinds.
    pub fn min_cllr(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let mut pools: Vec<Pool> = Vec::new();
        let mut total = Pool { kin: 0.0, unrelated: 0.0 };
        for group in &self.groups {
            let mut pool = Pool { kin: 0.0, unrelated: 0.0 };
            for &i in group {
                *(if self.is_kin[i] { &mut pool.kin } else { &mut pool.unrelated }) += weight(i);
            }
            total.kin += pool.kin;
            total.unrelated += pool.unrelated;
            while let Some(last) = pools.last().filter(|last| last.share() >= pool.share()) {
                pool =
                    Pool { kin: pool.kin + last.kin, unrelated: pool.unrelated + last.unrelated };
                pools.pop();
            }
            pools.push(pool);
        }
        if total.kin <= 0.0 || total.unrelated <= 0.0 {
            return None;
        }
        let cost = pools.iter().map(|pool| {
            let kin = pool.kin / total.kin;
            let unrelated = pool.unrelated / total.unrelated;
            bits(kin, unrelated) + bits(unrelated, kin)
        });
        Some(cost.sum::<f64>() / 2.0)
    }
}

/// Returns the cost of the pairs of one kind in a pool, with balanced priors, in bits.
///
/// `share` is the share of this kind in the pool, and `other_share` that of the other kind. A pair
/// costs log₂ of the reciprocal of its kind's probability.
fn bits(share: f64, other_share: f64) -> f64 {
    if share == 0.0 { 0.0 } else { share * ((share + other_share) / share).log2() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_that_say_nothing_cost_one_bit() {
        let kin = [true, false, true];
        assert!((cllr(&[0.0; 3], &kin, |_| 1.0).unwrap() - 1.0).abs() < 1e-12);
        assert!(cllr(&[20.0, -20.0, 20.0], &kin, |_| 1.0).unwrap() < 1e-6);
        assert!(cllr(&[-20.0, 20.0, -20.0], &kin, |_| 1.0).unwrap() > 20.0);
        assert_eq!(cllr(&[1.0], &[true], |_| 1.0), None);
    }

    #[test]
    fn best_calibration_is_that_of_the_order() {
        let kin = [false, false, true, true];
        let min = |scores: &[f64]| MonotoneCalibration::new(scores, &kin).min_cllr(|_| 1.0);
        assert_eq!(min(&[1.0, 2.0, 3.0, 4.0]), Some(0.0));
        assert!((min(&[4.0, 3.0, 2.0, 1.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!((min(&[1.0; 4]).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn best_calibration_costs_no_more_than_any_other() {
        let ratios: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 41) / 10.0 - 2.0).collect();
        let kin: Vec<bool> = (0..60).map(|i| i * 53 % 47 > 20).collect();
        let best = MonotoneCalibration::new(&ratios, &kin).min_cllr(|_| 1.0).unwrap();
        for (slope, shift) in [(1.0, 0.0), (0.3, 0.1), (0.0, 0.0)] {
            let other: Vec<f64> = ratios.iter().map(|ratio| slope * ratio + shift).collect();
            assert!(best <= cllr(&other, &kin, |_| 1.0).unwrap() + 1e-12);
        }
    }

    #[test]
    fn weight_counts_as_repeated_pairs() {
        let weighted = MonotoneCalibration::new(&[1.0, 2.0, 3.0], &[true, false, true]);
        let repeated = MonotoneCalibration::new(&[1.0, 1.0, 2.0, 3.0], &[true, true, false, true]);
        let weights = [2.0, 1.0, 1.0];
        let [a, b] =
            [weighted.min_cllr(|i| weights[i]), repeated.min_cllr(|_| 1.0)].map(Option::unwrap);
        assert!((a - b).abs() < 1e-12);
    }
}
