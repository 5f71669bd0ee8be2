//! `kindred compare`

use std::path::PathBuf;

use clap::Args;

use super::answer::percent;
use super::compute::Compute;
use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::probe::{ProbePhotos, prepare_photos};
use super::search::print_json;
use crate::kinship::Support;
use crate::search::{Comparison, compare};
use crate::wire::CompareResponse;

#[derive(Args)]
pub(super) struct Arguments {
    /// First photo, a crop of one face
    a: PathBuf,
    /// Second photo
    b: PathBuf,
    /// Folder of the model bundle
    #[arg(long, value_name = "BUNDLE")]
    model: PathBuf,
    #[command(flatten)]
    compute: Compute,
    /// Write JSON, in the form of the HTTP service
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let bundle = arguments.compute.load(&arguments.model)?;
    let photos = prepare_photos(&bundle, &[arguments.a.clone(), arguments.b.clone()])?;
    let photos = ProbePhotos::embed(&bundle, photos)?.embeddings;
    let comparison = compare(bundle.ensemble(), &photos[0], &photos[1])?;
    if arguments.json {
        print_json(&CompareResponse::new(&comparison))?;
    } else {
        print_comparison(&comparison);
    }
    Ok(ExitStatus::Done)
}

fn print_comparison(comparison: &Comparison) {
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
