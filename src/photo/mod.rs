//! Bytes to upright RGB pixels, under limits; pixels to the size a backbone wants, and many photos onto one sheet.
//!
//! The bytes are somebody else's: everything here ends in a [`Photo`] or a [`PhotoError`], never in a panic or an
//! allocation beyond [`Limits`].

mod align;
mod canvas;
mod chroma;
mod decode;
mod jpeg;
mod mark;
mod png;
mod resize;
mod sheet;
mod thumbnail;

pub use align::{Landmarks, Similarity, warp};
pub use chroma::mean_chroma;
pub use decode::{Limits, Photo, PhotoError, decode};
pub use jpeg::encode_jpeg;
pub use mark::mark;
pub use png::encode_png;
pub use resize::{lower_resolution, middle, resize};
pub use sheet::{ContactSheet, Spot};
pub use thumbnail::thumbnail;

/// File extensions, in lower case, of files that hold one photo.
///
/// HEIC and AVIF are here although they cannot be decoded: people have them, and they must hear of it.
pub const EXTENSIONS: [&str; 12] =
    ["jpg", "jpeg", "jfif", "png", "webp", "bmp", "tif", "tiff", "gif", "heic", "heif", "avif"];
