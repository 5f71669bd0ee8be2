//! Geometry of a face in its photo.

/// Five points of a face in pixels of its photo.
///
/// x points right and y down, from the photo's upper left corner. The order is: left eye, right
/// eye, tip of the nose, left mouth corner, right mouth corner. Left and right are as seen in the
/// image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmarks(pub [[f32; 2]; 5]);

/// Upright rectangle around a face, in pixels of its photo.
///
/// It may extend beyond the photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// Position of the left side.
    pub left: f32,
    /// Position of the upper side.
    pub top: f32,
    /// Distance between the left and the right side.
    pub width: f32,
    /// Distance between the upper and the lower side.
    pub height: f32,
}

impl Landmarks {
    /// Landmarks of an aligned face, in pixels of a crop of 112 × 112.
    ///
    /// Recognition networks since ArcFace (Deng et al. 2019) are trained with these positions.
    pub const ALIGNED: Self = Self([
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]);

    /// Side of the crop of [`Self::ALIGNED`], in pixels.
    pub const ALIGNED_SIZE: f32 = 112.0;

    /// Returns [`Self::ALIGNED`] for a crop of `side` pixels.
    pub fn aligned(side: f32) -> Self {
        Self(Self::ALIGNED.0.map(|point| point.map(|value| value * side / Self::ALIGNED_SIZE)))
    }

    /// Returns the landmarks of a closer aligned face, in an image of `side` pixels.
    ///
    /// The face is centered. Its eyes are 0.44 of the side apart, compared with 0.31 in a crop of
    /// [`Self::aligned`].
    pub fn close_up(side: f32) -> Self {
        const ENLARGEMENT: f32 = 1.4;
        let aligned = Self::aligned(side);
        let center = aligned.center();
        Self(aligned.0.map(|point| {
            [0, 1].map(|axis| side / 2.0 + ENLARGEMENT * (point[axis] - center[axis]))
        }))
    }

    /// Returns the same face in the mirror image of a photo `width` pixels wide.
    #[must_use]
    pub fn mirrored(&self, width: f32) -> Self {
        let [left, right, nose, left_corner, right_corner] = self.0.map(|[x, y]| [width - x, y]);
        Self([right, left, nose, right_corner, left_corner])
    }

    /// Returns the mean of the five points.
    pub fn center(&self) -> [f32; 2] {
        [0, 1].map(|axis| self.0.iter().map(|point| point[axis]).sum::<f32>() / 5.0)
    }

    /// Returns the distance between the eyes.
    pub fn eye_distance(&self) -> f32 {
        let [left, right, ..] = self.0;
        (right[0] - left[0]).hypot(right[1] - left[1])
    }
}
