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
    pub(super) place: Vec3,
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
    at: Vec3,
    inside: f32,
    place: Vec3,
    normal: Vec3,
}

impl Raster {
    pub(super) fn new(side: usize) -> Self {
        let nothing = Fragment {
            depth: f32::NEG_INFINITY,
            material: Material::Backdrop,
            place: [0.0; 3],
            normal: [0.0, 0.0, 1.0],
        };
        Self { side, fragments: vec![nothing; side * side], frayed: 0.0 }
    }

    /// Draws a surface over the surfaces behind it.
    pub(super) fn draw(&mut self, mesh: &Mesh, camera: &Camera, material: Material) {
        let turned: Vec<Vec3> = mesh.points.iter().map(|&point| camera.turn(point)).collect();
        let normals = mesh.normals(&turned);
        let corner = |at: usize| Corner {
            at: camera.project(turned[at]),
            inside: mesh.inside[at],
            place: mesh.places[at],
            normal: normals[at],
        };
        let corners: Vec<Corner> = (0..turned.len()).map(corner).collect();
        self.frayed = mesh.frayed;
        let columns = mesh.columns;
        for row in 1..mesh.rows() {
            for column in 0..columns {
                let next = (column + 1) % columns;
                let [above, below] = [(row - 1) * columns, row * columns];
                let [a, b, c, d] = [above + column, above + next, below + next, below + column];
                self.triangle([&corners[a], &corners[b], &corners[c]], material);
                self.triangle([&corners[a], &corners[c], &corners[d]], material);
            }
        }
    }

    fn triangle(&mut self, corners: [&Corner; 3], material: Material) {
        let [a, b, c] = corners.map(|corner| corner.at);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        // Only hair has a visible inside.
        let hidden = if material == Material::Hair { area.abs() <= 1e-6 } else { area <= 1e-6 };
        if hidden || corners.iter().all(|corner| corner.inside < -self.frayed) {
            return;
        }
        let [left, right] = self.span([a[0], b[0], c[0]]);
        let [top, bottom] = self.span([a[1], b[1], c[1]]);
        for y in top..bottom {
            for x in left..right {
                let px = x as f32;
                let py = y as f32;
                let of = |p: Vec3, q: Vec3| {
                    ((q[0] - p[0]) * (py - p[1]) - (q[1] - p[1]) * (px - p[0])) / area
                };
                let shares = [of(b, c), of(c, a), of(a, b)];
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
        let mean = |values: [f32; 3]| {
            shares[0] * values[0] + shares[1] * values[1] + shares[2] * values[2]
        };
        let depth = mean(corners.map(|corner| corner.at[2]));
        if depth <= self.fragments[pixel].depth {
            return;
        }
        let place: Vec3 =
            std::array::from_fn(|axis| mean(corners.map(|corner| corner.place[axis])));
        let inside = mean(corners.map(|corner| corner.inside));
        // Noise is computed last, because it costs more than the rest.
        if inside < self.frayed
            && inside + self.frayed * clouds(0.9 * place[0], 0.06 * place[1], 5) < 0.0
        {
            return;
        }
        let normal = std::array::from_fn(|axis| mean(corners.map(|corner| corner.normal[axis])));
        self.fragments[pixel] = Fragment { depth, material, place, normal };
    }
}
