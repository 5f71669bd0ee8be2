//! Accuracy of the landmarks that a bundle detects, compared with a list.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::EvaluateError;
use super::source_families::FamilyIndex;
use crate::bundle::BundleError;
use crate::dataset::FacePoints;
use crate::domain::{Landmarks, Progress};
use crate::face::FaceDetector;
use crate::metrics::{Bootstrap, Estimate};
use crate::photo::{ContactSheet, Limits, Photo, SheetCell, decode, mark};

/// Accuracy of face detection, with confidence intervals over families.
///
/// An error is the mean distance of the five points, as a share of the distance between the eyes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LandmarkReport {
    /// Number of listed photos.
    pub photos: usize,
    /// Number of photos in which no face was found. They do not count in the other values.
    pub not_found: usize,
    /// Mean error.
    pub error: Estimate,
    /// Median error.
    pub median: Estimate,
    /// Share of the photos with an error above a tenth.
    pub far_off: Estimate,
}

/// Listed landmarks of faces, with the folder of the photos.
#[derive(Clone, Copy, Debug)]
pub struct LandmarkSet<'a> {
    /// Folder of the photos.
    pub folder: &'a Path,
    /// Landmarks, with paths relative to the folder.
    pub faces: &'a [FacePoints],
}

/// Number of photos between two checks for cancellation.
const BATCH: usize = 256;
/// Number of photos on the contact sheet.
const SHOWN: usize = 48;

/// Detects the faces of a set in their photos, and measures the errors.
///
/// Also draws some of the photos. Detected points are red, listed points are green.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::Unreadable`] if a photo cannot be read.
/// [`EvaluateError::BadPhoto`] if a file is not a photo.
/// [`EvaluateError::NoFaces`] if no face is found.
pub fn evaluate_landmarks(
    finder: &FaceDetector,
    set: LandmarkSet<'_>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Option<(LandmarkReport, Photo)>, EvaluateError> {
    let LandmarkSet { folder, faces: listed } = set;
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
    Ok(Some((report, sheet(finder, set)?)))
}

/// Returns a photo with the points marked, and the error of the detected points.
///
/// The error is `None` if no face was found.
fn seen(
    finder: &FaceDetector,
    folder: &Path,
    face: &FacePoints,
) -> Result<(Photo, Option<f64>), EvaluateError> {
    let path = folder.join(&face.path);
    let bytes = std::fs::read(&path)
        .map_err(|source| EvaluateError::Unreadable { path: path.clone(), source })?;
    let mut photo = decode(&bytes, &Limits::default())
        .map_err(|source| EvaluateError::BadPhoto { path, source })?;
    let candidates = finder.detect(&photo).map_err(BundleError::from)?;
    let found = candidates.into_iter().find(|face| finder.accepts(face));
    let found = found.map(|face| face.landmarks);
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

/// Error of a photo in which a face was found.
struct MeasuredFace {
    error: f64,
    /// Index of the family.
    family: usize,
}

fn report(listed: &[FacePoints], errors: &[Option<f64>], seed: u64) -> Option<LandmarkReport> {
    let mut index = FamilyIndex::default();
    let families: Vec<usize> = listed.iter().map(|face| index.index(&face.path)).collect();
    let mut found = Vec::new();
    for (error, &family) in errors.iter().zip(&families) {
        found.extend(error.map(|error| MeasuredFace { error, family }));
    }
    found.sort_by(|a, b| a.error.total_cmp(&b.error));
    let count = families.iter().max().map_or(0, |family| family + 1);
    let [error, median, far_off] = Bootstrap::new(count, seed).estimates(|counts| {
        [
            weighted_mean(&found, counts, |error| error),
            weighted_median(&found, counts),
            weighted_mean(&found, counts, |error| f64::from(u8::from(error > 0.1))),
        ]
    });
    Some(LandmarkReport {
        photos: listed.len(),
        not_found: errors.iter().filter(|error| error.is_none()).count(),
        error: error?,
        median: median?,
        far_off: far_off?,
    })
}

/// Returns the mean of `value` of the errors if family f counts `counts[f]` times.
fn weighted_mean(found: &[MeasuredFace], counts: &[f64], value: fn(f64) -> f64) -> Option<f64> {
    let total = weighted_count(found, counts);
    let sum: f64 = found.iter().map(|face| counts[face.family] * value(face.error)).sum();
    (total > 0.0).then(|| sum / total)
}

/// Returns the median error if family f counts `counts[f]` times.
///
/// The errors are in ascending order.
fn weighted_median(found: &[MeasuredFace], counts: &[f64]) -> Option<f64> {
    let total = weighted_count(found, counts);
    let mut below = 0.0;
    for face in found {
        below += counts[face.family];
        if below >= total / 2.0 {
            return Some(face.error);
        }
    }
    None
}

fn weighted_count(found: &[MeasuredFace], counts: &[f64]) -> f64 {
    found.iter().map(|face| counts[face.family]).sum()
}

/// Draws some of the photos, spread evenly over the list.
fn sheet(finder: &FaceDetector, set: LandmarkSet<'_>) -> Result<Photo, EvaluateError> {
    let LandmarkSet { folder, faces: listed } = set;
    let shown = SHOWN.min(listed.len());
    let row = 2 * ContactSheet::PHOTOS as usize;
    let mut sheet = ContactSheet::new(shown.div_ceil(row) as u32);
    for at in 0..shown {
        let (photo, _) = seen(finder, folder, &listed[at * listed.len() / shown])?;
        let place = (at % row) as u32;
        let cell = SheetCell { row: (at / row) as u32, side: place / ContactSheet::PHOTOS };
        sheet.draw(cell, place % ContactSheet::PHOTOS, &photo);
    }
    Ok(sheet.finish())
}
