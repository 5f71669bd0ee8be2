//! Surveys of family photo collections.
//!
//! [`survey`] reads every photo of a collection. [`draw_kin`] draws related people on a contact
//! sheet.

mod contact_sheet;
mod duplicates;
mod error;
mod reader;
mod showcase;
mod summary;
mod survey;

pub use contact_sheet::draw_kin;
pub use duplicates::Duplicate;
pub use error::SurveyError;
pub use summary::{KinCount, KinSummary, Spread, Summary};
pub use survey::{Survey, survey};
