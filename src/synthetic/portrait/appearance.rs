//! Shape and colors of a person.

use super::anatomy::Anatomy;
use super::coloring::Coloring;

/// Shape and colors of a person at one moment.
#[derive(Clone, Copy)]
pub(super) struct Appearance<'a> {
    pub(super) anatomy: &'a Anatomy,
    pub(super) coloring: &'a Coloring,
}
