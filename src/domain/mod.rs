//! The words of the field as types: who is in a photo, who is kin to whom, and what an embedding is.
//!
//! Values here are valid by construction: parsing is the only way in, so no other room checks them again.

mod embedding;
mod identity;
mod progress;
mod relationship;
mod space;
mod who;

pub use embedding::{Embedding, EmbeddingError};
pub use identity::{FamilyId, IdentityError, MemberId, PhotoId};
pub use progress::{Progress, Unwatched};
pub use relationship::{Relation, Relationship, RelationshipError, Role, Sex};
pub use space::{ContentHash, EmbeddingSpace, Fingerprint, HexError};
pub use who::Who;
