//! `kindred compare`

use std::path::PathBuf;

use clap::Args;

use super::compute::Compute;
use super::exit::{Ending, Failure};
use super::search::{embed, print_json, read_face};
use crate::api::wire::CompareResponse;
use crate::search::{Comparison, compare};

#[derive(Args)]
pub(super) struct Arguments {
    /// One photo, a crop of one face
    a: PathBuf,
    /// The other
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

pub(super) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let embedder = arguments.compute.load(&arguments.model)?;
    let faces = vec![read_face(&arguments.a, &embedder)?, read_face(&arguments.b, &embedder)?];
    let photos = embed(&embedder, faces)?;
    let comparison = compare(embedder.ensemble(), &photos[0], &photos[1])?;
    if arguments.json {
        print_json(&CompareResponse::new(&comparison))?;
    } else {
        print_comparison(&comparison);
    }
    Ok(Ending::Done)
}

#[expect(clippy::print_stdout, reason = "the answer is the command's output")]
fn print_comparison(comparison: &Comparison) {
    println!("cosine        {:.3}", comparison.cosine);
    let Some(kinship) = &comparison.kinship else {
        println!("the bundle is not trained to tell kin from others; see kindred train");
        return;
    };
    println!("kinship       {:.0} %, if half of all pairs were kin", 100.0 * kinship.probability);
    for (member, probability) in comparison.members.iter().zip(&kinship.members) {
        println!("  {member:<20} {:.0} %", 100.0 * probability);
    }
    println!(
        "{}",
        match (comparison.is_same_person, kinship.is_kin) {
            (Some(true), _) => "they look like one person",
            (_, true) => "they resemble each other, consistent with kinship",
            (_, false) => "not alike enough to tell kinship",
        }
    );
}
