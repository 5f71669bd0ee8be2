//! Person to draw.

use crate::domain::Sex;
use crate::synthetic::genome::Genome;

/// Person to draw.
pub(in crate::synthetic) struct Sitter<'a> {
    pub(in crate::synthetic) genome: &'a Genome,
    pub(in crate::synthetic) sex: Sex,
    /// Age in years.
    pub(in crate::synthetic) age: f32,
}
