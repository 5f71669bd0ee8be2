//! Photo collections on disk: folders and zip archives in the layout of Families In the Wild (FIW).
//!
//! The module also reads lists of kin, summarizes collections, and draws photo pairs from them.

mod error;
mod labels;
mod landmarks;
mod layout;
mod lists;
mod named_columns;
mod pairs;
mod paths;
mod pedigree;
mod relationships;
mod source;
mod table;
mod trios;

pub use error::DatasetError;
pub use labels::{LabeledPhoto, read_labels};
pub use landmarks::{FacePoints, read_landmarks, write_landmarks};
pub use layout::{
    FamilyPhotos, MisplacedPhoto, family_photos, identify, people_photos, single_photos,
};
pub use lists::{
    ListedPair, ListedTrio, read_pairs, read_submission, read_trios, write_submission,
};
pub use pairs::{PairSampler, PhotoPair, Sampling};
pub use paths::write_paths;
pub use pedigree::{KinPair, Pedigree, PedigreePerson, SkippedPairs};
pub use relationships::{read_relationships, write_relationships};
pub use source::{Listing, Source, UnreadableEntry};
pub use trios::{PhotoTrio, draw_trios};
