//! Calibration of searches: the evidence of a score, and the rates of marked people.

use super::calibration::platt;
use super::identification::{IdentificationMetrics, NOMINAL_FPIR, SearchedProbe};
use crate::kinship::{Calibration, ShortlistRate};

/// Share of relatives among people in the fit of the search calibration.
///
/// The share is low because the evidence of the best matches matters.
const CALIBRATED_PRIOR: f64 = 0.01;

/// Fits the log likelihood ratio of a person found in a search.
///
/// Its input is the rarity of such a high score among strangers.
pub(super) fn search_calibration<'a>(
    probes: impl Iterator<Item = &'a SearchedProbe>,
) -> Calibration {
    let mut rarities = Vec::new();
    let mut is_kin = Vec::new();
    for probe in probes {
        for (scores, label) in [(&probe.relatives, true), (&probe.strangers, false)] {
            rarities.extend(scores.iter().map(|&score| probe.rarity(score)));
            is_kin.extend(vec![label; scores.len()]);
        }
    }
    let kin = is_kin.iter().filter(|is_kin| **is_kin).count() as f64;
    let strangers = is_kin.len() as f64 - kin;
    let total = kin + strangers;
    let weights: Vec<f64> = is_kin
        .iter()
        .map(|is_kin| match is_kin {
            true => CALIBRATED_PRIOR * total / kin,
            false => (1.0 - CALIBRATED_PRIOR) * total / strangers,
        })
        .collect();
    let prior = (CALIBRATED_PRIOR / (1.0 - CALIBRATED_PRIOR)).ln();
    match platt(&rarities, &is_kin, Some(weights)) {
        Ok(fitted) if fitted.slope > 0.0 => {
            Calibration { intercept: fitted.intercept - prior, ..fitted }
        }
        _ => Calibration { slope: 0.0, intercept: 0.0 },
    }
}

/// Returns the lowest shortlist rate of the sources, per gallery size.
///
/// The lowest rate is used because other photos are seldom easier.
pub(super) fn shortlist_rates(sources: &[Vec<IdentificationMetrics>]) -> Vec<ShortlistRate> {
    let sizes = sources.iter().map(Vec::len).max().unwrap_or_default();
    let mut lowest = Vec::new();
    for i in 0..sizes {
        let measured = sources.iter().filter_map(|sizes| sizes.get(i));
        let rates = measured.filter_map(|metrics| {
            Some(ShortlistRate { people: metrics.people, rate: metrics.rank_10?.value })
        });
        lowest.extend(rates.min_by(|a, b| a.rate.total_cmp(&b.rate)));
    }
    lowest
}

/// Returns the factor that holds the nominal rate.
///
/// The rate is a mean over sources and gallery sizes.
pub(super) fn false_positive_factor(probes: &[Vec<Vec<SearchedProbe>>]) -> f64 {
    let mut best: Vec<(f64, f64)> = Vec::new();
    for probes in probes.iter().flatten().filter(|probes| !probes.is_empty()) {
        let weight = 1.0 / probes.len() as f64;
        best.extend(probes.iter().map(|probe| (probe.fewest_chance_matches(), weight)));
    }
    best.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    let total: f64 = best.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let quantile = best.iter().find(|(_, weight)| {
        below += weight;
        below >= NOMINAL_FPIR * total
    });
    match quantile {
        Some((matches, _)) if *matches > 0.0 => -(1.0 - NOMINAL_FPIR).ln() / matches,
        _ => 1.0,
    }
}
