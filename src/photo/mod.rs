//! Photos: decoding under limits, alignment, scaling, drawing and encoding.
//!
//! The input bytes are untrusted. Decoding ends in a [`Photo`] or a [`PhotoError`], never in a
//! panic or an allocation beyond [`Limits`].

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

/// Lowercase extensions of files with one photo.
///
/// HEIC and AVIF are included although they cannot be decoded. Users have such files, and need an
/// error message.
pub const EXTENSIONS: [&str; 12] =
    ["jpg", "jpeg", "jfif", "png", "webp", "bmp", "tif", "tiff", "gif", "heic", "heif", "avif"];
