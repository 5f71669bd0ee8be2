//! Visible surface point of each pixel.

use super::camera::Camera;
use super::grain::clouds;
use super::mesh::Mesh;
use super::vector::Vec3;

/// Material of a surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Material {
    Backdrop,
    Face,
    Ear,
    Neck,
    Hair,
}

/// Visible surface at a pixel.
#[derive(Clone, Copy)]
pub(super) struct Fragment {
    /// Position toward the camera, in millimeters.
    depth: f32,
    pub(super) material: Material,
    /// Coordinates on the surface.
    pub(super) coordinates: Vec3,
    /// Outward direction, of about length 1, as seen by the camera.
    pub(super) normal: Vec3,
}

/// Picture of fragments, row by row.
pub(super) struct Raster {
    pub(super) side: usize,
    pub(super) fragments: Vec<Fragment>,
    /// Fraying of the current mesh.
    frayed: f32,
}

/// Corner of a triangle.
#[derive(Clone, Copy)]
struct Corner {
    /// Pixels right and down, and depth.
    position: Vec3,
    inside: f32,
    coordinates: Vec3,
    normal: Vec3,
}

impl Raster {
    pub(super) fn new(side: usize) -> Self {
        let nothing = Fragment {
            depth: f32::NEG_INFINITY,
            material: Material::Backdrop,
            coordinates: [0.0; 3],
            normal: [0.0, 0.0, 1.0],
        };
        Self { side, fragments: vec![nothing; side * side], frayed: 0.0 }
    }

    /// Draws a surface over the surfaces behind it.
    pub(super) fn draw(&mut self, mesh: &Mesh, camera: &Camera, material: Material) {
        let turned: Vec<Vec3> = mesh.points.iter().map(|&point| camera.turn(point)).collect();
        let normals = mesh.normals(&turned);
        let mut corners = Vec::with_capacity(turned.len());
        for (i, &point) in turned.iter().enumerate() {
            corners.push(Corner {
                position: camera.project(point),
                inside: mesh.inside[i],
                coordinates: mesh.coordinates[i],
                normal: normals[i],
            });
        }
        self.frayed = mesh.frayed;
        let columns = mesh.columns;
        for row in 1..mesh.rows() {
            for column in 0..columns {
                let next = (column + 1) % columns;
                let above = (row - 1) * columns;
                let below = row * columns;
                let [a, b, c, d] = [above + column, above + next, below + next, below + column];
                self.triangle([&corners[a], &corners[b], &corners[c]], material);
                self.triangle([&corners[a], &corners[c], &corners[d]], material);
            }
        }
    }

    fn triangle(&mut self, corners: [&Corner; 3], material: Material) {
        let [a, b, c] = corners.map(|corner| corner.position);
        let area = doubled_area(a, b, [c[0], c[1]]);
        // Only hair has a visible inside.
        let hidden = if material == Material::Hair { area.abs() <= 1e-6 } else { area <= 1e-6 };
        if hidden || corners.iter().all(|corner| corner.inside < -self.frayed) {
            return;
        }
        let [left, right] = self.span([a[0], b[0], c[0]]);
        let [top, bottom] = self.span([a[1], b[1], c[1]]);
        for y in top..bottom {
            for x in left..right {
                let point = [x as f32, y as f32];
                let shares = [[b, c], [c, a], [a, b]]
                    .map(|[start, end]| doubled_area(start, end, point) / area);
                if shares.iter().all(|&share| share >= 0.0) {
                    self.fragment(y * self.side + x, corners, shares, material);
                }
            }
        }
    }

    /// Returns the pixels between the least and the greatest of three coordinates.
    fn span(&self, values: [f32; 3]) -> [usize; 2] {
        let least = values[0].min(values[1]).min(values[2]);
        let greatest = values[0].max(values[1]).max(values[2]);
        [least.ceil().max(0.0) as usize, ((greatest + 1.0).max(0.0) as usize).min(self.side)]
    }

    fn fragment(
        &mut self,
        pixel: usize,
        corners: [&Corner; 3],
        shares: [f32; 3],
        material: Material,
    ) {
        let depth = mean(shares, corners.map(|corner| corner.position[2]));
        if depth <= self.fragments[pixel].depth {
            return;
        }
        let coordinates: Vec3 = std::array::from_fn(|axis| {
            mean(shares, corners.map(|corner| corner.coordinates[axis]))
        });
        let inside = mean(shares, corners.map(|corner| corner.inside));
        // Noise is computed last, because it costs more than the rest.
        if inside < self.frayed
            && inside + self.frayed * clouds(0.9 * coordinates[0], 0.06 * coordinates[1], 5) < 0.0
        {
            return;
        }
        let normal =
            std::array::from_fn(|axis| mean(shares, corners.map(|corner| corner.normal[axis])));
        self.fragments[pixel] = Fragment { depth, material, coordinates, normal };
    }
}

/// Returns twice the signed area of the triangle from `start` to `end` to `(x, y)`.
fn doubled_area(start: Vec3, end: Vec3, [x, y]: [f32; 2]) -> f32 {
    (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0])
}

/// Returns the mean of the corners' values, weighted by `shares`.
fn mean(shares: [f32; 3], values: [f32; 3]) -> f32 {
    shares[0] * values[0] + shares[1] * values[1] + shares[2] * values[2]
}
