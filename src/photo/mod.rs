//! Photos: decoding under limits, alignment, scaling, drawing and encoding.
//!
//! The input bytes are untrusted. Decoding ends in a [`Photo`] or a [`PhotoError`], never in a
//! panic or an allocation beyond [`Limits`].

mod bitmap;
mod canvas;
mod chroma;
mod decode;
mod jpeg;
mod mark;
mod png;
mod resize;
mod sheet;
mod similarity;
mod thumbnail;
mod warp;

pub use bitmap::Photo;
pub use chroma::mean_chroma;
pub use decode::{Limits, PhotoError, decode};
pub use jpeg::encode_jpeg;
pub use mark::mark;
pub use png::encode_png;
pub use resize::{lower_resolution, middle, resize};
pub use sheet::{ContactSheet, SheetCell};
pub use similarity::Similarity;
pub use thumbnail::thumbnail;
pub use warp::warp;

/// Lowercase extensions of files with one photo.
///
/// HEIC and AVIF are included although they cannot be decoded. Users have such files, and need an
/// error message.
pub const EXTENSIONS: [&str; 12] =
    ["jpg", "jpeg", "jfif", "png", "webp", "bmp", "tif", "tiff", "gif", "heic", "heif", "avif"];
