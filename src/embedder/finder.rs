//! Where the face is in a photo.

use crate::backbone::Backbone;
use crate::backbone::landmarks::OUTPUTS;
use crate::kinship::probability;
use crate::photo::{Landmarks, Photo, Similarity, warp};

use super::EmbedderError;

/// Finds the points of a face by a network that is trained for it ([`crate::backbone::landmarks`]).
pub struct FaceFinder {
    network: Backbone,
    min_quality: f32,
}

/// A face that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundFace {
    /// Its points, in pixels of the photo.
    pub landmarks: Landmarks,
    /// How likely there is a whole face at these points, 0 to 1.
    pub quality: f32,
}

impl FoundFace {
    /// The square around the face, turned upright: left, top, width and height in pixels of the photo; it may reach beyond
    /// its edge.
    pub fn bounds(&self) -> [f32; 4] {
        const SIDE: f32 = Landmarks::ALIGNED_SIZE;
        let place = Similarity::fit(&Landmarks::ALIGNED, &self.landmarks);
        let ([x, y], side) = (place.map([SIDE / 2.0; 2]), SIDE * place.scale());
        [x - side / 2.0, y - side / 2.0, side, side]
    }
}

/// From this quality on something is taken for a face, unless a bundle says otherwise.
pub const DEFAULT_MIN_QUALITY: f32 = 0.5;

/// The network looks so often: at the whole photo, and then at the face as it seemed to be before; the last time at its
/// mirror image, too. More mirror images make no difference, one look less costs a thousandth of the distance between the
/// eyes.
const LOOKS: usize = 3;

impl FaceFinder {
    /// A finder that takes a face for one from the quality `min_quality` on.
    ///
    /// # Errors
    /// When the network's output is not that of a landmark network.
    pub(super) fn new(network: Backbone, min_quality: f32) -> Result<Self, EmbedderError> {
        match network.dimension() {
            OUTPUTS => Ok(Self { network, min_quality }),
            found => Err(EmbedderError::NotLandmarks { found }),
        }
    }

    /// The face in a photo that shows one.
    ///
    /// # Errors
    /// When there is no plausible face, or the network fails.
    pub fn find(&self, photo: &Photo) -> Result<FoundFace, EmbedderError> {
        let side = self.network.input_size() as f32;
        let mut view = whole(photo, side);
        let mut found = None;
        for look in 1..=LOOKS {
            let Some(face) = self.look(photo, (&view, look == LOOKS))? else { break };
            view = Similarity::fit(&face.landmarks, &Landmarks::close_up(side));
            found = Some(face);
        }
        let quality = found.map_or(0.0, |face| face.quality);
        found
            .filter(|face| face.quality >= self.min_quality)
            .ok_or(EmbedderError::NoFace { quality })
    }

    /// What the network says of a view of the photo, where `both` the mean of that and of what it says of its mirror image;
    /// none where the view has no extent.
    fn look(
        &self,
        photo: &Photo,
        (view, both): (&Similarity, bool),
    ) -> Result<Option<FoundFace>, EmbedderError> {
        let side = self.network.input_size();
        let (Some(picture), Some(back)) = (warp(photo, view, side as u32), view.inverse()) else {
            return Ok(None);
        };
        let mirrored = both.then(|| picture.mirrored());
        let pictures: Vec<&[u8]> =
            [Some(&picture), mirrored.as_ref()].into_iter().flatten().map(|p| &*p.rgb).collect();
        let said = self.network.embed(&pictures)?;
        let straight = points(&said[0], side as f32);
        let other = said.get(1).map_or(straight, |s| points(s, side as f32).mirrored(side as f32));
        let middle = |at: usize| {
            let ([ax, ay], [bx, by]) = (straight.0[at], other.0[at]);
            back.map([(ax + bx) / 2.0, (ay + by) / 2.0])
        };
        let log_odds = said.iter().map(|said| said[OUTPUTS - 1]).sum::<f32>() / said.len() as f32;
        let quality = probability(f64::from(log_odds)) as f32;
        Ok(Some(FoundFace { landmarks: Landmarks(std::array::from_fn(middle)), quality }))
    }
}

/// The points that the network says of a picture of `side` pixels.
fn points(said: &[f32], side: f32) -> Landmarks {
    let pixel = |value: f32| (value + 1.0) * side / 2.0;
    Landmarks(std::array::from_fn(|at| [pixel(said[2 * at]), pixel(said[2 * at + 1])]))
}

/// The whole photo in the middle of a square of `side` pixels.
fn whole(photo: &Photo, side: f32) -> Similarity {
    let (width, height) = (photo.width as f32, photo.height as f32);
    let scale = side / width.max(height);
    let margin = |length: f32| (side - length * scale) / 2.0;
    Similarity { a: scale, b: 0.0, shift: [margin(width), margin(height)] }
}
