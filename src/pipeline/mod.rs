//! The road of a photo: its file, the prepared photo, the embedded photo.
//!
//! [`prepare`] decodes a [`PhotoFile`], detects its faces and crops the backbones' inputs.
//! [`embed`] runs the backbones on a batch of prepared photos. A [`PreparedPhoto`] holds no pixels
//! of the complete photo, so many of them can wait for the model.

mod error;
mod file;
mod photo;

pub use error::{PipelineError, Rejection};
pub use file::{PhotoFile, read_photo};
pub use photo::{PreparedPhoto, Thumbnails, embed, prepare};
