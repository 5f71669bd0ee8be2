//! Face detection in a photo.

use crate::domain::{BoundingBox, Landmarks};
use crate::engine::Backbone;
use crate::kinship::probability;
use crate::network::architectures::landmarks::OUTPUTS;
use crate::photo::{Photo, Similarity, warp};

use super::FaceError;

/// Finds the landmarks of a face by a trained network ([`crate::network::architectures::landmarks`]).
pub struct FaceDetector {
    network: Backbone,
    min_quality: f32,
}

/// A detected face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectedFace {
    /// Its landmarks, in pixels of the photo.
    pub landmarks: Landmarks,
    /// Probability of a complete face at these points, 0 to 1.
    pub quality: f32,
}

impl DetectedFace {
    /// Returns the bounding square of the upright face.
    pub fn bounds(&self) -> BoundingBox {
        const SIDE: f32 = Landmarks::ALIGNED_SIZE;
        let place = Similarity::fit(&Landmarks::ALIGNED, &self.landmarks);
        let [x, y] = place.map([SIDE / 2.0; 2]);
        let side = SIDE * place.scale();
        BoundingBox { left: x - side / 2.0, top: y - side / 2.0, width: side, height: side }
    }
}

/// Default minimum face quality of a bundle.
pub const DEFAULT_MIN_QUALITY: f32 = 0.5;

/// Number of refinement steps.
///
/// The first step uses the complete photo. Each further one uses the face found by the step before.
/// The last one also uses its mirror image. More mirror images make no difference. One step fewer
/// costs a thousandth of the distance between the eyes.
const REFINEMENT_STEPS: usize = 3;

/// Use of a view's mirror image.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mirror {
    Ignore,
    /// The outputs of the view and its mirror image are averaged.
    Average,
}

impl FaceDetector {
    /// Creates a detector with the minimum face quality `min_quality`.
    ///
    /// # Errors
    /// [`FaceError::NotLandmarks`] if the network's output is not that of a landmark network.
    pub(crate) fn new(network: Backbone, min_quality: f32) -> Result<Self, FaceError> {
        match network.dimension() {
            OUTPUTS => Ok(Self { network, min_quality }),
            found => Err(FaceError::NotLandmarks { found }),
        }
    }

    /// Returns whether a candidate has the minimum quality of a face.
    pub fn accepts(&self, candidate: &DetectedFace) -> bool {
        candidate.quality >= self.min_quality
    }

    /// Detects faces in a photo: all candidates, also those below the minimum quality.
    ///
    /// Today's landmark network has at most one candidate a photo.
    ///
    /// # Errors
    /// [`FaceError::Engine`] if the network fails.
    pub fn detect(&self, photo: &Photo) -> Result<Vec<DetectedFace>, FaceError> {
        let side = self.network.input_size() as f32;
        let mut view = letterbox(photo, side);
        let mut candidate = None;
        for step in 1..=REFINEMENT_STEPS {
            let mirror = if step == REFINEMENT_STEPS { Mirror::Average } else { Mirror::Ignore };
            let Some(face) = self.refine(photo, &view, mirror)? else { break };
            view = Similarity::fit(&face.landmarks, &Landmarks::close_up(side));
            candidate = Some(face);
        }
        Ok(candidate.into_iter().collect())
    }

    /// Runs the network on a view of the photo. Returns `None` if the view has no extent.
    fn refine(
        &self,
        photo: &Photo,
        view: &Similarity,
        mirror: Mirror,
    ) -> Result<Option<DetectedFace>, FaceError> {
        let side = self.network.input_size();
        let (Some(picture), Some(back)) = (warp(photo, view, side as u32), view.inverse()) else {
            return Ok(None);
        };
        let mirrored = (mirror == Mirror::Average).then(|| picture.mirrored());
        let pictures: Vec<&[u8]> =
            [Some(&picture), mirrored.as_ref()].into_iter().flatten().map(|p| &*p.rgb).collect();
        let outputs = self.network.embed(&pictures)?;
        let straight = points(&outputs[0], side as f32);
        let other =
            outputs.get(1).map_or(straight, |s| points(s, side as f32).mirrored(side as f32));
        let middle = |at: usize| {
            let [ax, ay] = straight.0[at];
            let [bx, by] = other.0[at];
            back.map([(ax + bx) / 2.0, (ay + by) / 2.0])
        };
        let log_odds =
            outputs.iter().map(|outputs| outputs[OUTPUTS - 1]).sum::<f32>() / outputs.len() as f32;
        let quality = probability(f64::from(log_odds)) as f32;
        Ok(Some(DetectedFace { landmarks: Landmarks(std::array::from_fn(middle)), quality }))
    }
}

/// Converts the network's outputs to points of an image of `side` pixels.
fn points(outputs: &[f32], side: f32) -> Landmarks {
    let pixel = |value: f32| (value + 1.0) * side / 2.0;
    Landmarks(std::array::from_fn(|at| [pixel(outputs[2 * at]), pixel(outputs[2 * at + 1])]))
}

/// Maps the complete photo into the middle of a square of `side` pixels.
fn letterbox(photo: &Photo, side: f32) -> Similarity {
    let width = photo.width as f32;
    let height = photo.height as f32;
    let scale = side / width.max(height);
    let margin = |length: f32| (side - length * scale) / 2.0;
    Similarity { a: scale, b: 0.0, shift: [margin(width), margin(height)] }
}
