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

mod album;
mod conditions;
mod error;
mod family;
mod folder;
mod genome;
mod portrait;

use std::path::Path;

use rayon::prelude::*;

use crate::dataset::{FaceBox, FacePoints, write_landmarks, write_relationships};
use crate::domain::{Progress, Relationship};
use crate::photo::encode_jpeg;

use album::{Face, Photograph};
use family::{Family, chance};
use folder::Folder;
use portrait::Sitter;

pub use error::SynthesisError;

/// Families per batch.
const BATCH: usize = 8;
/// Quality of the JPEG files.
const QUALITY: u8 = 85;

/// Families to draw.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Number of families: 1 to 9999, because their numbers have four digits.
    pub families: u32,
    /// Seed of all families. A family of one seed does not depend on the number of families.
    pub seed: u64,
}

/// Counts of the drawn people, photos and pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
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
    plan: Plan,
    progress: &dyn Progress,
) -> Result<Option<Drawn>, SynthesisError> {
    let folder = Folder::new(folder)?;
    progress.begin("Drawing", plan.families.into(), "families");
    let mut drawn = Drawn::default();
    let mut kin = Vec::new();
    let mut faces = Vec::new();
    for batch in (1..=plan.families).collect::<Vec<_>>().chunks(BATCH) {
        if progress.cancelled() {
            return Ok(None);
        }
        let families: Vec<Album> =
            batch.iter().map(|&number| Album::draw(plan.seed, number)).collect();
        for album in &families {
            drawn.people += album.family.people.len();
            kin.extend(album.kin());
            album.make_folders(&folder)?;
        }
        let shots: Vec<Shot> = families.iter().flat_map(Album::shots).collect();
        let made: Result<Vec<_>, _> = shots.par_iter().map(|shot| shot.write(&folder)).collect();
        faces.extend(made?);
        progress.advance(batch.len() as u64);
    }
    write_relationships(&folder.path("relationships.csv"), &kin)?;
    write_landmarks(&folder.path("landmarks.csv"), &faces)?;
    folder.finish()?;
    (drawn.photos, drawn.pairs) = (faces.len(), kin.len());
    Ok(Some(drawn))
}

/// Family with its photographs.
struct Album {
    family: Family,
    photographs: Vec<Photograph>,
}

impl Album {
    fn draw(seed: u64, number: u32) -> Self {
        let mut random = chance(seed, number);
        let family = Family::draw(number, &mut random);
        let photographs = album::draw(&family, &mut random);
        Self { family, photographs }
    }

    fn kin(&self) -> Vec<Relationship> {
        self.family.relationships()
    }

    fn make_folders(&self, folder: &Folder) -> Result<(), SynthesisError> {
        let places = 0..self.family.people.len();
        places
            .map(|place| self.family.member(place).to_string())
            .try_for_each(|name| folder.create(&name))
    }

    /// Returns every face of every photograph.
    fn shots(&self) -> impl Iterator<Item = Shot<'_>> {
        let family = &self.family;
        self.photographs.iter().flat_map(move |photograph| {
            let faces = photograph.faces.iter().enumerate();
            faces.map(move |(at, face)| Shot { family, photograph, face, at })
        })
    }
}

/// Face of a photograph.
struct Shot<'a> {
    family: &'a Family,
    photograph: &'a Photograph,
    face: &'a Face,
    at: usize,
}

impl Shot<'_> {
    /// Draws the face into its file.
    fn write(&self, folder: &Folder) -> Result<(FacePoints, FaceBox), SynthesisError> {
        let person = &self.family.people[self.face.person];
        let sitter = Sitter { genome: &person.genome, sex: person.sex, age: self.face.age };
        let portrait = portrait::draw(&sitter, &self.photograph.scene, &self.face.moment);
        let member = self.family.member(self.face.person);
        let path = format!("{member}/P{:05}_face{}.jpg", self.photograph.number, self.at);
        folder.write(&path, &encode_jpeg(&portrait.photo, QUALITY))?;
        let points = FacePoints { path, points: portrait.landmarks.0 };
        Ok((points, FaceBox(portrait.face)))
    }
}
