//! Ears, neck and shoulders.

use super::anatomy::Anatomy;
use super::mesh::Mesh;
use super::surface::HeadSurface;
use super::vector::{curve, mix};

/// Columns of a round mesh.
const COLUMNS: usize = 36;
/// Rows of a round mesh.
const ROWS: usize = 22;

/// Returns the mesh of an ear. The sign of `side` selects the side.
///
/// Its coordinates are -1..1 from back to front, from top to bottom, and outward.
pub(super) fn ear(anatomy: &Anatomy, head: &HeadSurface, side: f32) -> Mesh {
    let height = anatomy.ear.half_height;
    let flare = anatomy.ear.flare;
    let root = head.width(22.0) - 1.0;
    let mut coordinates = Vec::with_capacity(ROWS * COLUMNS);
    let mut points = Vec::with_capacity(ROWS * COLUMNS);
    for row in 0..ROWS {
        let (down, ring) = pole(row);
        for column in 0..COLUMNS {
            let (sine, cosine) = around(column);
            let front = ring * cosine;
            let out = side * ring * sine;
            let wide = 0.56 * height * mix(1.0, 0.72, 0.5 + 0.5 * down);
            let away = 4.0 * out + flare * (0.55 - 0.75 * front) * (0.9 - 0.4 * down);
            coordinates.push([front, down, out]);
            points.push([side * (root + away), 22.0 + height * down, -8.0 + wide * front]);
        }
    }
    Mesh { coordinates, ..Mesh::without_edge(COLUMNS, points) }
}

/// Returns the mesh of the neck and of the clothed shoulders.
pub(super) fn bust(anatomy: &Anatomy) -> Mesh {
    let neck = mix(mix(38.0, 48.0, anatomy.grown), 58.0, anatomy.male * anatomy.grown);
    let chin = anatomy.head.chin;
    let width = [
        [chin - 50.0, neck - 4.0],
        [chin + 10.0, neck],
        [chin + 30.0, neck + 9.0],
        [chin + 48.0, neck + 42.0],
        [chin + 62.0, 130.0],
        [chin + 90.0, 190.0],
        [chin + 160.0, 215.0],
    ];
    let depth = [[chin, neck - 2.0], [chin + 40.0, neck + 4.0], [chin + 100.0, 90.0]];
    let mut points = Vec::with_capacity((2 * ROWS + 1) * COLUMNS);
    for row in 0..=2 * ROWS {
        let y = mix(chin - 50.0, chin + 160.0, row as f32 / (2 * ROWS) as f32);
        for column in 0..COLUMNS {
            let (sine, cosine) = around(column);
            // Columns are counted from behind, like those of the head.
            points.push([-curve(&width, y) * sine, y, -22.0 - curve(&depth, y) * cosine]);
        }
    }
    Mesh::without_edge(COLUMNS, points)
}

/// Returns the height of a row on a unit ball, and the radius of the ring at this height.
fn pole(row: usize) -> (f32, f32) {
    let v = 2.0 * row as f32 / (ROWS - 1) as f32 - 1.0;
    (v, (1.0 - v * v).max(0.0).sqrt())
}

/// Returns sine and cosine of the angle of a column.
fn around(column: usize) -> (f32, f32) {
    (std::f32::consts::TAU * column as f32 / COLUMNS as f32).sin_cos()
}
