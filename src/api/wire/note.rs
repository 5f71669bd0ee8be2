//! What limits an answer, as a code for programs and a sentence for people.

use serde::Serialize;
use utoipa::ToSchema;

use crate::search::Limitation;

/// A limitation of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Note {
    /// `no_ensemble`, `no_open_set_model` or `untypical_probe`.
    #[schema(value_type = String)]
    code: &'static str,
    /// What it means for the answer.
    text: String,
}

impl From<&Limitation> for Note {
    fn from(limitation: &Limitation) -> Self {
        Self { code: limitation.code(), text: limitation.to_string() }
    }
}
