//! Probabilities in percent.

/// Formats a probability in percent.
pub(super) fn percent(probability: f64) -> String {
    match 100.0 * probability {
        percent if !(10.0..99.0).contains(&percent) => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}
