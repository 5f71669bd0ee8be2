//! Faces in a photo: detection by landmarks, and the crop that a backbone receives.

mod crop;
mod detector;
mod error;

pub(crate) use crop::crop;
pub use detector::{DEFAULT_MIN_QUALITY, DetectedFace, FaceDetector};
pub use error::FaceError;
