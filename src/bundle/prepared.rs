//! Faces as input for the backbones of one bundle.

use crate::face::DetectedFace;

/// The faces of a photo.
pub struct PhotoFaces {
    /// Faces of at least the minimum quality.
    pub faces: Vec<PreparedFace>,
    /// Quality of the best candidate below the minimum, 0 to 1. `None` if there is none.
    pub best_refused: Option<f32>,
}

/// A face as input for the backbones of one bundle.
pub struct PreparedFace {
    /// `(size, size, 3)` bytes of RGB, per backbone.
    pub(super) crops: Vec<Vec<u8>>,
    /// The detected face. `None` if the bundle has no face detector.
    pub detected: Option<DetectedFace>,
}

impl PreparedFace {
    /// Returns the input of the backbone at this index: `(size, size, 3)` bytes of RGB.
    pub fn crop(&self, backbone: usize) -> &[u8] {
        &self.crops[backbone]
    }
}
