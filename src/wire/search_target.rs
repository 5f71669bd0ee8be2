//! Target of a search.

use clap::ValueEnum;
use serde::Deserialize;
use utoipa::ToSchema;

/// Target of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[schema(as = SearchMode)]
pub enum SearchTarget {
    /// Relatives of the person.
    Relatives,
    /// The person alone.
    SamePerson,
    /// Children of the person and the other parent.
    #[serde(alias = "child_of")]
    Children,
    /// Two possible parents of the person.
    #[serde(alias = "parents_of")]
    Parents,
}
