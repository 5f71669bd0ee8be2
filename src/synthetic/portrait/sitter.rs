//! Person to draw.

use crate::domain::Sex;
use crate::synthetic::genome::Genome;

/// Person to draw.
pub(crate) struct Sitter<'a> {
    pub(crate) genome: &'a Genome,
    pub(crate) sex: Sex,
    /// Age in years.
    pub(crate) age: f32,
}
