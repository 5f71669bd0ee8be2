//! Bent sheet of points.

use super::vector::{Vec3, cross, direction, sub};

/// Bent sheet of points in rows of `columns`.
///
/// Each point is next to those before and after it, and to those above and below it. The last point
/// of a row is next to the first.
pub(super) struct Mesh {
    pub(super) columns: usize,
    pub(super) points: Vec<Vec3>,
    /// Distance of each point from the edge, in millimeters.
    ///
    /// It is negative beyond the edge, where the sheet is absent.
    pub(super) inside: Vec<f32>,
    /// Fraying of the edge, in millimeters.
    pub(super) frayed: f32,
    /// Coordinates of each point on the sheet, for its paint.
    pub(super) coordinates: Vec<Vec3>,
}

impl Mesh {
    /// Creates a sheet without an edge. Its paint depends on the points themselves.
    pub(super) fn without_edge(columns: usize, points: Vec<Vec3>) -> Self {
        let inside = vec![f32::MAX; points.len()];
        Self { columns, inside, frayed: 0.0, coordinates: points.clone(), points }
    }

    pub(super) fn rows(&self) -> usize {
        self.points.len() / self.columns
    }

    /// Returns the outward direction at each of `points`, the moved points of the mesh.
    pub(super) fn normals(&self, points: &[Vec3]) -> Vec<Vec3> {
        let rows = self.rows();
        let columns = self.columns;
        let point = |row: usize, column: usize| points[row * columns + column % columns];
        let mut normals = Vec::with_capacity(points.len());
        for row in 0..rows {
            for column in 0..columns {
                let across = sub(point(row, column + 1), point(row, column + columns - 1));
                let below = point((row + 1).min(rows - 1), column);
                let down = sub(below, point(row.saturating_sub(1), column));
                normals.push(direction(cross(across, down)));
            }
        }
        normals
    }
}
