//! Distribution of the sources' faces: typical faces, and sharp ones.

use crate::kinship::{KinshipError, Rows, Sharpness, Typicality};
use crate::train::data::corpus::Corpus;

/// Maximum number of sharp faces of each source in the fit of sharpness.
const SHARP_FACES: usize = 1500;
/// Maximum number of faces of each source in the fit of typicality.
///
/// Typicality is the distribution of training faces.
const TYPICAL_FACES: usize = 10_000;

/// Fits the distribution of all sources' faces.
pub(super) fn fit_typicality(sources: &[Corpus]) -> Result<Typicality, KinshipError> {
    let mut values = Vec::new();
    for source in sources {
        let rows = &source.backbones[0].1;
        let step = rows.count().div_ceil(TYPICAL_FACES);
        values.extend(rows.iter().step_by(step).flatten());
    }
    Typicality::fit(&Rows::from_values(values, sources[0].backbones[0].1.dimension())?)
}

/// Fits the separation of blurred faces from the faces of the sources.
///
/// Returns `None` if no source has blurred copies, or if blur is not detectable.
pub(super) fn fit_sharpness(sources: &[Corpus]) -> Result<Option<Sharpness>, KinshipError> {
    let blurred: Vec<&[f32]> =
        sources.iter().filter_map(|source| source.blurred.as_ref()).flat_map(Rows::iter).collect();
    if blurred.is_empty() {
        return Ok(None);
    }
    let mut sharp = Vec::new();
    for source in sources {
        let rows = &source.backbones[0].1;
        sharp.extend(rows.iter().step_by(rows.count().div_ceil(SHARP_FACES)));
    }
    Ok(Sharpness::fit(&Rows::new(sharp)?, &Rows::new(blurred)?))
}
