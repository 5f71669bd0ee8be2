//! Photo collections on disk: folders and zip archives in the layout of Families In the Wild (FIW), and lists of kin.

mod error;
mod layout;
mod paths;
mod relationships;
mod source;

pub use error::DatasetError;
pub use layout::{FamilyPhotos, Misplaced, family_photos};
pub use paths::write_paths;
pub use relationships::read_relationships;
pub use source::{Listing, Source, Unreadable};
