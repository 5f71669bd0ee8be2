//! Domain types: identities of people and photos, kinship, faces and embeddings.
//!
//! Values here are valid by construction. Parsing is the only way to create them, so no other
//! module checks them again.

mod embedding;
mod entity;
mod face;
mod identity;
mod photo;
mod progress;
mod relationship;
mod space;

pub use embedding::{Embedding, EmbeddingError};
pub use entity::EntityId;
pub use face::{BoundingBox, Landmarks};
pub use identity::{FamilyId, IdentityError, PersonId, PhotoId};
pub use photo::{EmbeddedFace, EmbeddedPhoto};
pub use progress::{NoProgress, Outcome, Progress};
pub use relationship::{Relation, Relationship, RelationshipError, Role, Sex};
pub use space::{ContentHash, EmbeddingSpace, Fingerprint, HexError};
