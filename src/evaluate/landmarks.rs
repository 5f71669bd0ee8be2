//! How near the points that a bundle finds are to those of a list.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::EvaluateError;
use super::verification::FamilyPlaces;
use crate::dataset::FacePoints;
use crate::domain::Progress;
use crate::embedder::{EmbedderError, FaceFinder};
use crate::metrics::{Bootstrap, Figure};
use crate::photo::{ContactSheet, Landmarks, Limits, Photo, Spot, decode, mark};

/// How well faces are found, with intervals over families. An error is the mean distance of the five points, as a share of
/// the distance between the eyes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LandmarkReport {
    /// Listed photos.
    pub photos: usize,
    /// Photos in which no face was found; they count for nothing else.
    pub not_found: usize,
    /// Mean error.
    pub error: Figure,
    /// Median error.
    pub median: Figure,
    /// Share of the photos whose error is above a tenth.
    pub far_off: Figure,
}

/// Photos looked at between two questions whether the job should stop.
const BATCH: usize = 256;
/// Photos on the sheet.
const SHOWN: usize = 48;

/// Looks for the faces of a list in the photos of a folder. Also draws some of them: what was found in red, what is listed in green.
/// None where `progress` asked to stop.
///
/// # Errors
/// When a photo cannot be read, or none of the faces is found.
pub fn judge_landmarks(
    finder: &FaceFinder,
    (folder, listed): (&Path, &[FacePoints]),
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<(LandmarkReport, Photo)>, EvaluateError> {
    progress.begin("Finding faces", listed.len() as u64, "photos");
    let mut errors = Vec::with_capacity(listed.len());
    for batch in listed.chunks(BATCH) {
        if progress.cancelled() {
            return Ok(None);
        }
        let found = batch.par_iter().map(|face| Ok(seen(finder, folder, face)?.1));
        errors.extend(found.collect::<Result<Vec<_>, EvaluateError>>()?);
        progress.advance(batch.len() as u64);
    }
    let report = report(listed, &errors, seed).ok_or(EvaluateError::NoFaces)?;
    Ok(Some((report, sheet(finder, (folder, listed))?)))
}

/// A photo, and how far what was found in it is from what is listed; none where nothing was.
fn seen(
    finder: &FaceFinder,
    folder: &Path,
    face: &FacePoints,
) -> Result<(Photo, Option<f64>), EvaluateError> {
    let path = folder.join(&face.path);
    let bytes = std::fs::read(&path)
        .map_err(|source| EvaluateError::Unreadable { path: path.clone(), source })?;
    let mut photo = decode(&bytes, &Limits::default())
        .map_err(|source| EvaluateError::BadPhoto { path, source })?;
    let found = match finder.find(&photo) {
        Ok(found) => Some(found.landmarks),
        Err(EmbedderError::NoFace { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let listed = Landmarks(face.points);
    mark(&mut photo, &listed, [0, 220, 0]);
    if let Some(found) = &found {
        mark(&mut photo, found, [255, 0, 0]);
    }
    Ok((photo, found.map(|found| error(&found, &listed))))
}

fn error(found: &Landmarks, listed: &Landmarks) -> f64 {
    let distances = found.0.iter().zip(&listed.0).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
    f64::from(distances.sum::<f32>() / 5.0 / listed.eye_distance().max(1.0))
}

fn report(listed: &[FacePoints], errors: &[Option<f64>], seed: u64) -> Option<LandmarkReport> {
    let mut places = FamilyPlaces::default();
    let families: Vec<usize> = listed.iter().map(|face| places.of(&face.path)).collect();
    let mut found: Vec<(f64, usize)> = errors
        .iter()
        .zip(&families)
        .filter_map(|(error, &family)| Some(((*error)?, family)))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = families.iter().max().map_or(0, |family| family + 1);
    let [error, median, far_off] = Bootstrap::new(count, seed).figures(|counts| {
        let total: f64 = found.iter().map(|&(_, family)| counts[family]).sum();
        let mean = |of: &dyn Fn(f64) -> f64| {
            let sum: f64 = found.iter().map(|&(error, family)| counts[family] * of(error)).sum();
            (total > 0.0).then(|| sum / total)
        };
        let mut below = 0.0;
        let median = found.iter().find(|&&(_, family)| {
            below += counts[family];
            below >= total / 2.0
        });
        let far_off = |error: f64| f64::from(u8::from(error > 0.1));
        [mean(&|error| error), median.map(|&(error, _)| error), mean(&far_off)]
    });
    Some(LandmarkReport {
        photos: listed.len(),
        not_found: errors.iter().filter(|error| error.is_none()).count(),
        error: error?,
        median: median?,
        far_off: far_off?,
    })
}

/// Some of the photos, spread evenly over the list.
fn sheet(
    finder: &FaceFinder,
    (folder, listed): (&Path, &[FacePoints]),
) -> Result<Photo, EvaluateError> {
    let shown = SHOWN.min(listed.len());
    let row = 2 * ContactSheet::PHOTOS as usize;
    let mut sheet = ContactSheet::new(shown.div_ceil(row) as u32);
    for at in 0..shown {
        let (photo, _) = seen(finder, folder, &listed[at * listed.len() / shown])?;
        let place = (at % row) as u32;
        let spot = Spot { row: (at / row) as u32, side: place / ContactSheet::PHOTOS };
        sheet.place(spot, place % ContactSheet::PHOTOS, &photo);
    }
    Ok(sheet.finish())
}
