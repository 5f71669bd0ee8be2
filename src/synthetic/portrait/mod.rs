//! Portrait: a head as a bent sheet, painted, lit and projected by a camera.

mod anatomy;
mod appearance;
mod backdrop;
mod body;
mod camera;
mod coloring;
mod eyes;
mod film;
mod grain;
mod hair;
mod light;
mod mesh;
mod mouth;
mod paint;
mod raster;
mod sitter;
mod skin;
mod surface;
mod vector;

use super::conditions::{Moment, Scene};
use crate::domain::{BoundingBox, Landmarks};
use crate::photo::Photo;
use anatomy::Anatomy;
use appearance::Appearance;
use backdrop::Backdrop;
use camera::Camera;
use coloring::Coloring;
use hair::Hair;
use light::Light;
use paint::Paint;
use raster::{Fragment, Material, Raster};
use skin::Skin;
use surface::HeadSurface;
use vector::Vec3;

pub(super) use sitter::Sitter;

/// Side of a portrait, in pixels.
pub(super) const SIDE: usize = 224;

/// Photo of a face, with the position of the face.
pub(super) struct Portrait {
    pub(super) photo: Photo,
    pub(super) landmarks: Landmarks,
    /// Box of the face from hairline to chin.
    pub(super) face: BoundingBox,
}

/// Draws a person at a moment in a scene.
pub(super) fn draw(sitter: &Sitter, scene: &Scene, moment: &Moment) -> Portrait {
    let anatomy = Anatomy::new(sitter, moment);
    let coloring = Coloring::new(sitter);
    let head = HeadSurface::new(&anatomy);
    let hair = Hair::new(sitter, &anatomy, moment);
    let half = SIDE as f32 / 2.0;
    let center = [half + moment.shift[0], half + 6.0 + moment.shift[1]];
    let camera = Camera::new(moment.turn, moment.scale, center);
    let appearance = Appearance { anatomy: &anatomy, coloring: &coloring };
    let skin = Skin { appearance, head: &head, moment, light: scene.light };

    let mesh = head.mesh();
    let mut raster = Raster::new(SIDE);
    // A body turns less than its head.
    let body = Camera::new(moment.turn.map(|angle| 0.4 * angle), moment.scale, center);
    raster.draw(&body::bust(&anatomy), &body, Material::Neck);
    raster.draw(&mesh, &camera, Material::Face);
    let ears: &[f32] = if hair.hides_ears() { &[] } else { &[-1.0, 1.0] };
    for &side in ears {
        raster.draw(&body::ear(&anatomy, &head, side), &camera, Material::Ear);
    }
    raster.draw(&hair.mesh(&head, anatomy.head.crown), &camera, Material::Hair);

    let backdrop = Backdrop::new(scene, moment.seed);
    let lamp = Light::new(scene);
    let mut light = Vec::with_capacity(raster.fragments.len());
    for (i, fragment) in raster.fragments.iter().enumerate() {
        let mut normal = fragment.normal;
        light.push(match paint(&skin, &hair, fragment, &mut normal) {
            Some(paint) => lamp.reflected(&paint, normal),
            None => backdrop.light([i % SIDE, i / SIDE].map(|pixel| pixel as f32 / SIDE as f32)),
        });
    }
    let photo = film::develop(light, SIDE, scene, moment.seed);
    let landmarks = landmarks(&anatomy, &head, &camera);
    Portrait { photo, landmarks, face: face(&mesh.points, &anatomy, &camera) }
}

/// Returns the paint of a fragment, or `None` if it is backdrop.
///
/// Hair also bends the outward direction.
fn paint(skin: &Skin, hair: &Hair, fragment: &Fragment, normal: &mut Vec3) -> Option<Paint> {
    let point = fragment.coordinates;
    Some(match fragment.material {
        Material::Backdrop => return None,
        Material::Ear => skin.ear(point),
        Material::Hair => hair.paint(skin.appearance.coloring, point, normal),
        Material::Neck if skin.is_worn(point) => skin.cloth(point),
        Material::Neck => skin.neck(point),
        Material::Face => {
            let mut paint = skin.face(point);
            let [roots, shadow] = hair.roots(point);
            paint.shade(0.3 * shadow);
            paint.lay(skin.appearance.coloring.hair, 0.85 * roots);
            paint
        }
    })
}

fn landmarks(anatomy: &Anatomy, head: &HeadSurface, camera: &Camera) -> Landmarks {
    let Anatomy { eye, nose, mouth, .. } = anatomy;
    let corner = mouth.y - mouth.lift;
    let points = [
        [-eye.x, 0.0],
        [eye.x, 0.0],
        [0.0, nose.tip],
        [-mouth.half_width, corner],
        [mouth.half_width, corner],
    ];
    Landmarks(points.map(|[x, y]| camera.see(head.ahead(x, y))))
}

/// Returns the box around the visible part of the face.
fn face(points: &[Vec3], anatomy: &Anatomy, camera: &Camera) -> BoundingBox {
    let front = points
        .iter()
        .filter(|point| point[1] > -66.0 && point[1] <= anatomy.head.chin && point[2] > 0.0);
    let mut least = [f32::MAX; 2];
    let mut greatest = [f32::MIN; 2];
    for &point in front {
        for (axis, value) in camera.see(point).into_iter().enumerate() {
            least[axis] = least[axis].min(value);
            greatest[axis] = greatest[axis].max(value);
        }
    }
    let [left, top] = least;
    BoundingBox { left, top, width: greatest[0] - left, height: greatest[1] - top }
}
