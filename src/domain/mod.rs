//! Domain types: identities of people and photos, kinship and embeddings.
//!
//! Values here are valid by construction. Parsing is the only way to create them, so no other
//! module checks them again.

mod embedding;
mod identity;
mod photo;
mod progress;
mod relationship;
mod space;
mod who;

pub use embedding::{Embedding, EmbeddingError};
pub use identity::{FamilyId, IdentityError, PersonId, PhotoId};
pub use photo::{EmbeddedFace, EmbeddedPhoto};
pub use progress::{Outcome, Progress, Unwatched};
pub use relationship::{Relation, Relationship, RelationshipError, Role, Sex};
pub use space::{ContentHash, EmbeddingSpace, Fingerprint, HexError};
pub use who::EntityId;
