//! Synthetic families: [`synthesize`] draws photos of people that do not exist.
//!
//! The photos have the layout of Families In the Wild (FIW). Two lists contain the kin
//! relationships and the landmarks of the faces.
//!
//! A person is a genome: one number for each of some forty traits. A child has each trait of its
//! father, of its mother, or half of both. A little of each trait is its own. Genome, sex and age
//! determine the measures of a head in millimeters and its colors.
//!
//! The head is a bent sheet. It is turned in front of a camera, painted, lit, blurred and put on
//! grainy film. Pose, light, expression, hair, beard and age differ from photo to photo. Faces of
//! one photograph share its light.
//!
//! Faces drawn by formulas are not faces of people. Metrics on them show whether a program works,
//! not how good it is.

mod conditions;
mod error;
mod family;
mod genome;
mod photographs;
mod portrait;
mod staging_folder;

use std::path::Path;

use rayon::prelude::*;

use crate::dataset::{FacePoints, write_landmarks, write_relationships};
use crate::domain::{BoundingBox, Progress};
use crate::photo::encode_jpeg;

use family::{SyntheticFamily, family_generator};
use photographs::{Photograph, Subject};
use portrait::Sitter;
use staging_folder::StagingFolder;

pub use error::SynthesisError;

/// Families per batch.
const BATCH: usize = 8;
/// Quality of the JPEG files.
const QUALITY: u8 = 85;

/// Families to draw.
#[derive(Clone, Copy, Debug)]
pub struct SynthesisPlan {
    /// Number of families: 1 to 9999, because their numbers have four digits.
    pub families: u32,
    /// Seed of all families. A family of one seed does not depend on the number of families.
    pub seed: u64,
}

/// Counts of the drawn people, photos and pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SynthesisCounts {
    /// Number of people in all families.
    pub people: usize,
    /// Number of photos, each of one face.
    pub photos: usize,
    /// Number of kin pairs.
    pub pairs: usize,
}

/// Draws families into a new folder.
///
/// The files are `F0001/MID1/P00001_face0.jpg` of 224 × 224 pixels, `relationships.csv` and
/// `landmarks.csv`. Returns `None` if `progress` was cancelled. The folder then does not exist.
///
/// The same plan results in the same bytes on one kind of machine. On other machines, the pictures
/// differ only by rounding.
///
/// # Errors
/// - [`SynthesisError::NotEmpty`] if `folder` exists and is not an empty folder.
/// - [`SynthesisError::Unwritable`] if a photo or a folder cannot be written.
/// - [`SynthesisError::Dataset`] if a list cannot be written.
pub fn synthesize(
    folder: &Path,
    plan: SynthesisPlan,
    progress: &dyn Progress,
) -> Result<Option<SynthesisCounts>, SynthesisError> {
    let folder = StagingFolder::new(folder)?;
    progress.begin("Drawing", plan.families.into(), "families");
    let mut counts = SynthesisCounts::default();
    let mut kin = Vec::new();
    let mut faces = Vec::new();
    for batch in (1..=plan.families).collect::<Vec<_>>().chunks(BATCH) {
        if progress.cancelled() {
            return Ok(None);
        }
        let families: Vec<PhotographedFamily> =
            batch.iter().map(|&number| PhotographedFamily::draw(plan.seed, number)).collect();
        for PhotographedFamily { family, .. } in &families {
            counts.people += family.people.len();
            kin.extend(family.relationships());
            create_folders(&folder, family)?;
        }
        let shots: Vec<Shot> = families.iter().flat_map(PhotographedFamily::shots).collect();
        let made: Result<Vec<_>, _> = shots.par_iter().map(|shot| shot.write(&folder)).collect();
        faces.extend(made?);
        progress.advance(batch.len() as u64);
    }
    write_relationships(&folder.path("relationships.csv"), &kin)?;
    write_landmarks(&folder.path("landmarks.csv"), &faces)?;
    folder.finish()?;
    counts.photos = faces.len();
    counts.pairs = kin.len();
    Ok(Some(counts))
}

/// Family with its photographs.
struct PhotographedFamily {
    family: SyntheticFamily,
    photographs: Vec<Photograph>,
}

impl PhotographedFamily {
    fn draw(seed: u64, number: u32) -> Self {
        let mut random = family_generator(seed, number);
        let family = SyntheticFamily::draw(number, &mut random);
        let photographs = photographs::draw(&family, &mut random);
        Self { family, photographs }
    }

    /// Returns every face of every photograph.
    fn shots(&self) -> impl Iterator<Item = Shot<'_>> {
        let family = &self.family;
        self.photographs.iter().flat_map(move |photograph| {
            let subjects = photograph.subjects.iter().enumerate();
            subjects.map(move |(face, subject)| Shot { family, photograph, subject, face })
        })
    }
}

/// Creates a folder for each person of a family.
fn create_folders(folder: &StagingFolder, family: &SyntheticFamily) -> Result<(), SynthesisError> {
    for i in 0..family.people.len() {
        folder.create(&family.member(i).to_string())?;
    }
    Ok(())
}

/// Face of a photograph.
struct Shot<'a> {
    family: &'a SyntheticFamily,
    photograph: &'a Photograph,
    subject: &'a Subject,
    /// Number of the face in the photograph, from 0.
    face: usize,
}

impl Shot<'_> {
    /// Draws the face into its file.
    fn write(&self, folder: &StagingFolder) -> Result<(FacePoints, BoundingBox), SynthesisError> {
        let Self { family, photograph, subject, face } = self;
        let person = &family.people[subject.person];
        let sitter = Sitter { genome: &person.genome, sex: person.sex, age: subject.age };
        let portrait = portrait::draw(&sitter, &photograph.scene, &subject.moment);
        let member = family.member(subject.person);
        let path = format!("{member}/P{:05}_face{face}.jpg", photograph.number);
        folder.write(&path, &encode_jpeg(&portrait.photo, QUALITY))?;
        let points = FacePoints { path, points: portrait.landmarks.0 };
        Ok((points, portrait.face))
    }
}
