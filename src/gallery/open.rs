//! Opens a gallery of any kind.

use std::path::Path;

use super::embedded::EmbeddedGallery;
use super::error::GalleryError;
use super::interface::Gallery;

/// Opens an existing gallery, in a folder of this machine.
///
/// [`EmbeddedGallery::open`] also gives its maintenance.
///
/// # Errors
/// [`GalleryError::Store`] if there is no gallery, or it is in use, damaged or of a newer schema.
pub fn open(path: &Path) -> Result<Box<dyn Gallery>, GalleryError> {
    Ok(Box::new(EmbeddedGallery::open(path)?))
}
