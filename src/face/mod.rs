//! Faces in a photo: detection by landmarks, and the crop that a backbone receives.

mod detector;
mod view;

pub use detector::{DEFAULT_MIN_QUALITY, DetectedFace, FaceDetector};
pub(crate) use view::View;
