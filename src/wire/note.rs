//! Limitations of a response, as a code for programs and a sentence for people.

use serde::Serialize;
use utoipa::ToSchema;

use crate::search::Limitation;

/// A limitation of a response.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Note {
    /// `no_ensemble`, `no_open_set_model` or `untypical_probe`.
    #[schema(value_type = String)]
    code: &'static str,
    /// Effect on the response.
    text: String,
}

impl From<&Limitation> for Note {
    fn from(limitation: &Limitation) -> Self {
        Self { code: limitation.code(), text: limitation.to_string() }
    }
}
