//! Faces with known landmarks, in memory.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::dataset::{FacePoints, read_landmarks};
use crate::domain::Landmarks;
use crate::domain::{Outcome, Progress};
use crate::photo::{Limits, Photo, decode};
use crate::train::error::TrainError;

/// Folder of photos of one face each, with the list of their landmarks.
#[derive(Clone, Debug)]
pub struct FaceFolder {
    /// The folder.
    pub folder: PathBuf,
    /// List of landmarks, in the format of [`read_landmarks`].
    pub landmarks: PathBuf,
}

/// Photo with the location of its face.
pub struct AnnotatedFace {
    /// Path of the photo, relative to its folder.
    pub path: String,
    /// The photo.
    pub photo: Photo,
    /// Landmarks of the face.
    pub landmarks: Landmarks,
}

/// Photos decoded between two checks for cancellation.
const BATCH: usize = 256;

/// Decodes the listed photos of some folders, selected by `is_included` on their paths.
///
/// The faces have the order of the folders and lists.
///
/// # Errors
/// - [`TrainError::Dataset`] if a list is invalid.
/// - [`TrainError::Unreadable`] or [`TrainError::BadPhoto`] if a listed photo cannot be read.
pub fn load_faces(
    folders: &[FaceFolder],
    is_included: &dyn Fn(&str) -> bool,
    progress: &dyn Progress,
) -> Result<Outcome<Vec<AnnotatedFace>>, TrainError> {
    let mut listed = Vec::new();
    for FaceFolder { folder, landmarks } in folders {
        let points = read_landmarks(landmarks)?.into_iter();
        let included = points.filter(|face| is_included(&face.path));
        listed.extend(included.map(|face| (folder.as_path(), face)));
    }
    progress.begin("Reading faces", listed.len() as u64, "photos");
    let mut faces = Vec::with_capacity(listed.len());
    for batch in listed.chunks(BATCH) {
        if progress.cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let decoded: Result<Vec<_>, _> =
            batch.par_iter().map(|(folder, face)| load(folder, face)).collect();
        faces.extend(decoded?);
        progress.advance(batch.len() as u64);
    }
    Ok(Outcome::Finished(faces))
}

fn load(folder: &Path, face: &FacePoints) -> Result<AnnotatedFace, TrainError> {
    let path = folder.join(&face.path);
    let bytes = std::fs::read(&path)
        .map_err(|source| TrainError::Unreadable { path: path.clone(), source })?;
    let photo = decode(&bytes, &Limits::default())
        .map_err(|source| TrainError::BadPhoto { path, source: source.into() })?;
    Ok(AnnotatedFace { path: face.path.clone(), photo, landmarks: Landmarks(face.points) })
}
