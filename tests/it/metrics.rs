//! Every metric beside scikit-learn's figure on the same random scores, and beside its definition.

use kindred::metrics::{Ranking, average_precision, brier_score, calibration_error, reliability};
use proptest::prelude::*;
use serde::Deserialize;

/// What `tests/reference/metrics.py` wrote.
#[derive(Deserialize)]
struct Case {
    scores: Vec<f64>,
    is_kin: Vec<bool>,
    weights: Vec<f64>,
    roc_auc: f64,
    weighted_roc_auc: f64,
    average_precision: f64,
    weighted_average_precision: f64,
    true_accept_rate_at_1_percent: f64,
    weighted_true_accept_rate_at_10_percent: f64,
    accuracy_at_half: f64,
    brier_score: f64,
    weighted_brier_score: f64,
    calibration_error: Option<f64>,
    ranked_average_precision: f64,
}

fn near(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
}

#[test]
fn figures_are_those_of_scikit_learn() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../fixtures/metrics.json")).unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let (scores, is_kin, weight) = (&case.scores, &case.is_kin, |i: usize| case.weights[i]);
        let ranking = Ranking::new(scores, is_kin);
        let (curve, weighted) = (ranking.curve(), ranking.weighted_curve(weight));
        near(curve.roc_auc(), case.roc_auc);
        near(weighted.roc_auc(), case.weighted_roc_auc);
        near(curve.average_precision(), case.average_precision);
        near(weighted.average_precision(), case.weighted_average_precision);
        let accepted = curve.at_false_accept_rate(0.01).map(|point| point.true_accept_rate);
        near(accepted, case.true_accept_rate_at_1_percent);
        let accepted = weighted.at_false_accept_rate(0.1).map(|point| point.true_accept_rate);
        near(accepted, case.weighted_true_accept_rate_at_10_percent);
        near(curve.accuracy(0.5), case.accuracy_at_half);
        near(brier_score(scores, is_kin, |_| 1.0), case.brier_score);
        near(brier_score(scores, is_kin, weight), case.weighted_brier_score);
        if let Some(expected) = case.calibration_error {
            near(calibration_error(&reliability(scores, is_kin, 10, |_| 1.0)), expected);
        }
        let relevant = is_kin.iter().filter(|&&is_kin| is_kin).count();
        near(average_precision(is_kin.iter().copied(), relevant), case.ranked_average_precision);
    }
}

proptest! {
    #[test]
    fn the_area_is_how_often_kin_score_above_others(
        pairs in prop::collection::vec((0_u8..12, any::<bool>()), 2..60)
    ) {
        let scores: Vec<f64> = pairs.iter().map(|(score, _)| f64::from(*score)).collect();
        let is_kin: Vec<bool> = pairs.iter().map(|(_, is_kin)| *is_kin).collect();
        let of = |wanted: bool| {
            scores.iter().zip(&is_kin).filter(move |(_, kin)| **kin == wanted).map(|(s, _)| *s)
        };
        let wins: f64 = of(true)
            .flat_map(|kin| of(false).map(move |other| (kin, other)))
            .map(|(kin, other)| if kin > other { 1.0 } else if kin == other { 0.5 } else { 0.0 })
            .sum();
        let expected = wins / (of(true).count() * of(false).count()) as f64;
        match Ranking::new(&scores, &is_kin).curve().roc_auc() {
            Some(found) => prop_assert!((found - expected).abs() < 1e-12),
            None => prop_assert!(expected.is_nan()),
        }
    }
}
