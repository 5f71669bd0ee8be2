//! Blurred copies of training faces.

use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::domain::{Outcome, Progress};
use crate::kinship::Rows;
use crate::photo::{Photo, lower_resolution};
use crate::pipeline::read_photo;
use crate::train::error::TrainError;

/// Maximum number of blurred photos of a source.
const MAX_PHOTOS: usize = 600;
/// Photos per embedding batch.
const BATCH: usize = 32;
/// Pixels on the shorter side of a copy. The copies cycle through these sizes.
const SIZES: std::ops::Range<u32> = 8..21;

/// Embeds blurred copies of some of these photos by the first backbone: `(n, d)`.
///
/// The copies have 8 to 20 pixels on their shorter side. Photos that cannot be read or show no face
/// are skipped. Returns `None` if no copy shows a face.
///
/// # Errors
/// [`TrainError::Bundle`] if a backbone fails.
pub fn embed_blurred(
    source: &mut Source,
    paths: &[String],
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Outcome<Option<Rows>>, TrainError> {
    let step = paths.len().div_ceil(MAX_PHOTOS).max(1);
    let chosen: Vec<&String> = paths.iter().step_by(step).collect();
    progress.begin("Embedding blurred copies", chosen.len() as u64, "photos");
    let mut sizes = SIZES.cycle();
    let mut values = Vec::new();
    let mut width = 0;
    for paths in chosen.chunks(BATCH) {
        if progress.cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let photos = paths.iter().filter_map(|path| read_photo(source, path).ok());
        let blurred: Vec<Photo> = photos
            .zip(&mut sizes)
            .map(|(photo, pixels)| lower_resolution(&photo, pixels))
            .collect();
        let faces: Vec<_> = blurred.iter().filter_map(|photo| bundle.faces(photo).ok()).collect();
        let faces: Vec<_> = faces.iter().flat_map(|found| &found.faces).collect();
        if !faces.is_empty() {
            for embeddings in bundle.embed_faces(&faces)?.into_iter().flatten() {
                width = embeddings[0].as_slice().len();
                values.extend_from_slice(embeddings[0].as_slice());
            }
        }
        progress.advance(paths.len() as u64);
    }
    Ok(Outcome::Finished(Rows::from_values(values, width).ok()))
}
