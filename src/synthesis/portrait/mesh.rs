//! A bent sheet of points.

use super::vector::{Vec3, cross, direction, sub};

/// Points in rows of `columns`, each next to those before and after it and to those above and below; the last of a row
/// is next to its first.
pub(super) struct Mesh {
    pub(super) columns: usize,
    pub(super) points: Vec<Vec3>,
    /// How far from its edge each point is, in millimetres; beyond the edge it is negative, and nothing is there.
    pub(super) inside: Vec<f32>,
    /// How far the edge is frayed, in millimetres.
    pub(super) frayed: f32,
    /// Where on the sheet each point is, for what is painted on it.
    pub(super) places: Vec<Vec3>,
}

impl Mesh {
    /// A sheet without an edge, painted by where its points are.
    pub(super) fn whole(columns: usize, points: Vec<Vec3>) -> Self {
        let inside = vec![f32::MAX; points.len()];
        Self { columns, inside, frayed: 0.0, places: points.clone(), points }
    }

    pub(super) fn rows(&self) -> usize {
        self.points.len() / self.columns
    }

    /// The direction outwards at each of `points`, which are the mesh's, moved.
    pub(super) fn normals(&self, points: &[Vec3]) -> Vec<Vec3> {
        let (rows, columns) = (self.rows(), self.columns);
        let at = |row: usize, column: usize| points[row * columns + column % columns];
        let mut normals = Vec::with_capacity(points.len());
        for row in 0..rows {
            for column in 0..columns {
                let across = sub(at(row, column + 1), at(row, column + columns - 1));
                let down =
                    sub(at((row + 1).min(rows - 1), column), at(row.saturating_sub(1), column));
                normals.push(direction(cross(across, down)));
            }
        }
        normals
    }
}
