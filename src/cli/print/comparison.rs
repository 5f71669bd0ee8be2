//! The comparison of two photos, as text.

use super::percent::percent;
use crate::cli::output::line;
use crate::kinship::Support;
use crate::search::Comparison;

pub(crate) fn print_comparison(comparison: &Comparison) {
    for note in &comparison.notes {
        line!("Note: {note}\n");
    }
    line!("{:<22} {:.3}", "cosine", comparison.cosine);
    let Some(kinship) = &comparison.kinship else { return };
    let support = Support::from_ratio(kinship.log_likelihood_ratio);
    line!("{:<22} {:.2} ({support})", "likelihood ratio", kinship.log_likelihood_ratio.exp());
    if let Some(probability) = kinship.probability {
        line!("{:<22} {} at even odds", "kinship", percent(probability));
    }
    for (member, &probability) in comparison.members.iter().zip(&kinship.members) {
        line!("  {member:<20} {}", percent(probability));
    }
    if let Some(likelihoods) = comparison.likelihoods {
        line!(
            "{:<22} same person {}, kin {}, unrelated {}",
            "relative likelihoods",
            percent(likelihoods.same_person),
            percent(likelihoods.kin),
            percent(likelihoods.unrelated)
        );
    }
    line!(
        "{}",
        match (comparison.is_same_person, kinship.is_kin) {
            (Some(true), _) => "they look like one person",
            (_, true) => "they resemble each other, consistent with kinship",
            (_, false) => "not similar enough to be taken for kin",
        }
    );
}
