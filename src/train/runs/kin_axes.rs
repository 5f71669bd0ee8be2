//! Additional axes of kin similarity for a backbone's embedding.

use std::path::Path;

use crate::dataset::{PairSampler, Pedigree, identify};
use crate::domain::{Outcome, PhotoId, Progress, Relationship};
use crate::kinship::{KinshipError, Rows};
use crate::network::NamedTensor;
use crate::train::data::faces::AnnotatedFace;
use crate::train::data::kin_pairs::kin_pairs;
use crate::train::data::views::{aligned_picture, scaled, views};
use crate::train::error::TrainError;
use crate::train::head::kin_space::{KinRows, KinSpace};
use crate::train::network::{Axes, Projection};

/// Share of an embedding's squared norm on the axes.
///
/// A larger share separates kin from other people better. It also retrieves photos of one person
/// worse. Measured for `vggface-lite`, with axes of other collections' families. The test families
/// are training families of the default bundle.
///
/// | share | area under the ROC | nearest photo is of the same person |
/// |---|---|---|
/// | no axes | 0.714 | 0.794 |
/// | 0.3 | 0.744 | 0.791 |
/// | 0.5 | 0.751 | 0.783 |
const SHARE: f32 = 0.3;
/// Faces per batch. The job checks for cancellation before each batch.
const BATCH: usize = 256;

/// Backbone with additional axes in its embedding.
pub struct WidenedBackbone {
    /// Weights of the backbone.
    pub weights: Vec<NamedTensor>,
    /// Number of axes.
    pub axes: usize,
    /// Number of kin photo pairs in the fit.
    pub pairs: usize,
    /// Number of families in the fit.
    pub families: usize,
}

/// Faces of people of families, with their kin.
#[derive(Clone, Copy)]
pub struct FamilyFaces<'a> {
    /// The faces. Their paths name family and person.
    pub faces: &'a [AnnotatedFace],
    /// Relationships of the people.
    pub relationships: &'a [Relationship],
}

/// Adds axes of kin similarity to a backbone's embedding.
///
/// The axes are the directions of highest kin similarity ([`KinSpace`]) in the inputs of the last
/// layer. They are fitted to aligned faces of `families`. `seed` determines the drawn pairs. The
/// embedding itself only reproduces the output of a teacher, and the network holds more
/// information.
///
/// # Errors
/// [`KinshipError::NoPairs`], as [`TrainError::Kinship`], if no faces are of listed kin.
pub fn add_axes(
    projection: Projection,
    families: FamilyFaces<'_>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Outcome<WidenedBackbone>, TrainError> {
    let FamilyFaces { faces, relationships } = families;
    let (faces, photos): (Vec<&AnnotatedFace>, Vec<PhotoId>) =
        faces.iter().filter_map(|face| Some((face, identify(Path::new(&face.path))?))).unzip();
    let pedigree = Pedigree::new(photos, relationships);
    let families = pedigree.families_with_kin();
    let mut sampler = PairSampler::new(&pedigree, &families, seed);
    let (pairs, weights) = kin_pairs(&mut sampler, pedigree.families().len());
    if pairs.is_empty() {
        return Err(KinshipError::NoPairs { what: "the kin space" }.into());
    }
    let mut inputs = Vec::with_capacity(faces.len());
    progress.begin("Looking at faces", faces.len() as u64, "faces");
    for batch in faces.chunks(BATCH) {
        if progress.cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let pictures: Vec<Vec<u8>> = batch.iter().map(|face| aligned_picture(face)).collect();
        inputs.extend(projection.inputs(&views(&scaled(&pictures, projection.input_size()))));
        progress.advance(batch.len() as u64);
    }
    let first = Rows::new(pairs.iter().map(|pair| inputs[pair.photos[0]].as_slice()))?;
    let second = Rows::new(pairs.iter().map(|pair| inputs[pair.photos[1]].as_slice()))?;
    let rows = KinRows { first, second, weights };
    let space = KinSpace::fit(&rows, &[0.0])?.swap_remove(0);
    let axes = Axes { origin: &space.mean, values: &space.axes };
    Ok(Outcome::Finished(WidenedBackbone {
        weights: projection.with_axes(&axes, &inputs, SHARE),
        axes: space.width(),
        pairs: pairs.len(),
        families: families.len(),
    }))
}
