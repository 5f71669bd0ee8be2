//! Families of people who do not exist: [`synthesize`] draws their photos, in the layout of Families In the Wild (FIW),
//! with lists of who is kin and of where the faces' landmarks are.
//!
//! A person is a genome, a number for each of some forty traits; a child has of each trait what its father has, or its
//! mother, or half of both, and a little of its own. Genome, sex and age give the measures of a head in millimetres and
//! its colours. The head is a bent sheet, turned before a camera, painted, lit, blurred and put on grainy film; pose,
//! light, expression, hair, beard and age differ from photo to photo, and faces of one photograph share its light.
//!
//! Faces drawn by formulas are no faces of people: what is measured on them says whether a program works, not how good
//! it is.

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

use self::album::{Face, Photograph};
use self::family::{Family, chance};
use self::folder::Folder;
use self::portrait::Sitter;

pub use error::SynthesisError;

/// Families that are drawn together.
const BATCH: usize = 8;
/// Of the photos' JPEG files.
const QUALITY: u8 = 85;

/// Which families to draw.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many: 1 to 9999, as they have numbers of four digits.
    pub families: u32,
    /// What decides them all. A family of one seed is the same however many others there are.
    pub seed: u64,
}

/// What was drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// People in all families.
    pub people: usize,
    /// Photos of a face each.
    pub photos: usize,
    /// Pairs of kin.
    pub pairs: usize,
}

/// Draws families into a new folder: `F0001/MID1/P00001_face0.jpg` of 224 × 224 pixels, `relationships.csv` and
/// `landmarks.csv`. `None` where `progress` said to stop; then there is no folder.
///
/// The same plan gives the same bytes on one kind of machine, and the same pictures but for rounding on others.
///
/// # Errors
/// When there is something at `folder` that is no empty folder, or it cannot be written.
pub fn synthesize(
    folder: &Path,
    plan: Plan,
    progress: &dyn Progress,
) -> Result<Option<Drawn>, SynthesisError> {
    let folder = Folder::new(folder)?;
    progress.begin("Drawing", plan.families.into(), "families");
    let (mut drawn, mut kin, mut faces) = (Drawn::default(), Vec::new(), Vec::new());
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

/// A family and its photographs.
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

    /// Every face of every photograph.
    fn shots(&self) -> impl Iterator<Item = Shot<'_>> {
        let family = &self.family;
        self.photographs.iter().flat_map(move |photograph| {
            let faces = photograph.faces.iter().enumerate();
            faces.map(move |(at, face)| Shot { family, photograph, face, at })
        })
    }
}

/// One face of a photograph.
struct Shot<'a> {
    family: &'a Family,
    photograph: &'a Photograph,
    face: &'a Face,
    at: usize,
}

impl Shot<'_> {
    /// Draws it into its file.
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
