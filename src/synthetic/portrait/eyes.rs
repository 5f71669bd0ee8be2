//! Eyes and brows, painted on the face.

use super::anatomy::Anatomy;
use super::appearance::Appearance;
use super::coloring::Coloring;
use super::grain::clouds;
use super::paint::Paint;
use super::vector::{Vec3, blend, hill, mix, step};

/// Radius of an iris, in millimeters.
const IRIS: f32 = 6.1;

/// Point near an eye, with the edges of the lids.
///
/// The distances `out` and `down` are from the middle of the eye. `along` is the outward distance
/// in half eye widths.
struct EyePoint {
    out: f32,
    down: f32,
    along: f32,
    upper: f32,
    lower: f32,
}

/// Paints the part of an eye at `(x, y)`. `light` determines the position of its reflection.
pub(super) fn eye(
    paint: &mut Paint,
    Appearance { anatomy, coloring }: Appearance<'_>,
    [x, y]: [f32; 2],
    light: Vec3,
) {
    let eye = &anatomy.eye;
    let out = x.abs() - eye.x;
    if out.abs() > 30.0 || !(-26.0..26.0).contains(&y) {
        return;
    }
    let along = out / eye.half_width;
    let down = y + eye.tilt * along;
    let inside = (1.0 - along * along).max(0.0);
    let upper = -eye.upper * mix(inside, inside.sqrt(), 0.55);
    let point = EyePoint { out, down, along, upper, lower: eye.lower * inside };
    lids(paint, anatomy, &point);
    if inside > 0.0 {
        let cover = step(-0.7, 0.7, down - upper) * step(-0.6, 0.6, point.lower - down);
        if cover > 0.0 {
            let gaze = [eye.gaze[0] * x.signum(), eye.gaze[1] - 0.4];
            let color = ball(coloring, &point, gaze, [light[0] * x.signum(), light[1]]);
            paint.lay(color, cover);
            paint.open = mix(paint.open, 1.0, 0.8 * cover);
        }
    }
    lashes(paint, anatomy, &point);
}

/// Paints the shadows around an eye, and the fold of its upper lid.
fn lids(paint: &mut Paint, anatomy: &Anatomy, point: &EyePoint) {
    let eye = &anatomy.eye;
    let old = anatomy.old;
    let &EyePoint { out, down, along, upper, .. } = point;
    paint.shade((0.16 + 0.022 * eye.depth) * hill((out + 6.0) / 30.0, (down + 5.0) / 18.0));
    paint.shade(0.3 * hill((out + eye.half_width) / 10.0, (down + 1.0) / 10.0));
    let tired = 0.14 + 0.16 * old;
    paint.stain([0.8, 0.66, 0.68], tired * hill(out / 18.0, (down - 10.0) / 7.0));
    paint.shade(
        (0.06 + 0.2 * old) * hill((out + 2.0) / 15.0, (down - 14.0 - 0.03 * out * out) / 3.0),
    );
    let near = step(1.3, 0.85, along.abs());
    let fold = upper - eye.fold * (1.0 - 0.35 * along * along);
    paint.shade(0.42 * near * hill(0.0, (down - fold) / 1.9));
    // Between fold and lashes, the lid catches some light. It is a little darker than the cheek.
    paint.stain(
        [0.84, 0.74, 0.72],
        0.5 * near * step(fold, fold + 1.0, down) * step(upper + 1.0, upper, down),
    );
    // Lines run from the outer corner.
    if along > 1.0 && old > 0.05 {
        let fan = (down + 0.3) / (out - eye.half_width + 7.0);
        let lines = hill((fan * 5.0 + 0.25).rem_euclid(1.0) - 0.5, 0.0)
            * hill(fan / 1.1, (along - 1.5) / 0.5);
        paint.shade(0.34 * old * lines);
    }
}

/// Returns the color of white, iris, pupil and reflection of the light.
fn ball(coloring: &Coloring, point: &EyePoint, gaze: [f32; 2], light: [f32; 2]) -> Vec3 {
    let &EyePoint { out, down, along, upper, .. } = point;
    let shadow = mix(0.5, 1.0, step(-0.5, 4.5, down - upper)) * (1.0 - 0.4 * along * along);
    let white = [0.66, 0.61, 0.58].map(|value| value * shadow);
    let corner = step(-0.7, -0.95, along);
    let white = blend(white, [0.5, 0.22, 0.2], 0.6 * corner);
    let dx = out - gaze[0];
    let dy = down - gaze[1];
    let from = (dx * dx + dy * dy).sqrt();
    let rim = mix(1.0, 0.35, step(IRIS - 2.2, IRIS, from)) * mix(0.75, 1.0, shadow);
    // The side away from the light glows.
    let glow = 1.0 + 0.35 * (dy - dx * light[0]) / IRIS;
    let iris = coloring.iris.map(|value| value * rim * glow);
    let pupil = blend(iris, [0.004; 3], step(2.9, 2.1, from));
    let eye = blend(white, pupil, step(IRIS + 0.5, IRIS - 0.5, from));
    let reflection = hill((dx - 2.2 * light[0]) / 1.7, (dy - 2.6 * light[1]) / 1.7);
    blend(eye, [0.95; 3], (1.6 * reflection).min(1.0))
}

fn lashes(paint: &mut Paint, anatomy: &Anatomy, point: &EyePoint) {
    let &EyePoint { down, along, upper, lower, .. } = point;
    let near = step(1.16, 0.98, along.abs());
    let thick = mix(1.9, 1.35, anatomy.male) * mix(0.75, 1.15, step(-1.0, 0.8, along));
    paint.lay([0.022, 0.016, 0.014], 0.95 * near * hill(0.0, (down - upper + 0.5) / (thick + 0.4)));
    paint.lay([0.09, 0.05, 0.045], 0.5 * near * hill(0.0, (down - lower - 0.3) / 1.4));
}

/// Paints the part of a brow at `(x, y)`.
pub(super) fn brow(
    paint: &mut Paint,
    Appearance { anatomy, coloring }: Appearance<'_>,
    [x, y]: [f32; 2],
    seed: u32,
) {
    let brow = &anatomy.brow;
    let eye = &anatomy.eye;
    let inner = eye.x - eye.half_width - 4.0;
    let along = (x.abs() - inner) / (eye.half_width * 2.0 + 12.0);
    if !(-0.1..1.1).contains(&along) {
        return;
    }
    let arch = brow.arch * (1.0 - ((along - 0.62) / 0.62) * ((along - 0.62) / 0.62));
    let middle = brow.y + 1.5 - arch - brow.tilt * (along - 0.3);
    let half = brow.half_thickness * (1.0 - 0.62 * along * along);
    let ends = step(-0.08, 0.1, along) * step(1.06, 0.7, along);
    let cover = step(half + 1.5, half - 1.3, (y - middle).abs()) * ends * brow.density;
    if cover > 0.0 {
        let hairs = 0.85 + 0.25 * clouds(x * 0.8 + y * x.signum() * 0.5, y * 0.3, seed);
        paint.lay(coloring.brow, cover * hairs);
    }
}
