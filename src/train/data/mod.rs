//! Training data: embedded sources, splits of families, pairs, and augmented views of faces.

pub(crate) mod blurred;
pub(crate) mod corpus;
pub(crate) mod faces;
pub(crate) mod kin_pairs;
pub(crate) mod partition;
pub(crate) mod point_views;
pub(crate) mod split;
pub(crate) mod views;
