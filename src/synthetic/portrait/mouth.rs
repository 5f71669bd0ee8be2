//! Mouth, painted on the face.

use super::anatomy::Anatomy;
use super::appearance::Appearance;
use super::grain::clouds;
use super::paint::Paint;
use super::vector::{Vec3, blend, hill, mix, step};

/// Heights of the edges of the lips at one position along the mouth.
struct Lips {
    top: f32,
    gap_top: f32,
    gap_bottom: f32,
    bottom: f32,
    line: f32,
}

impl Lips {
    fn new(anatomy: &Anatomy, x: f32) -> Self {
        let mouth = &anatomy.mouth;
        let along = (x / mouth.half_width).clamp(-1.0, 1.0);
        let inside = 1.0 - along * along;
        let line = mouth.y - mouth.lift * along * along;
        let half = 0.5 * mouth.gap * inside.sqrt();
        let bow = 1.0 - 0.12 * mouth.bow * hill(along / 0.26, 0.0);
        Self {
            top: line - half - mouth.upper * mix(inside, inside.sqrt(), 0.3) * bow,
            gap_top: line - half * 0.8,
            gap_bottom: line + half * 1.2,
            bottom: line + half * 1.2 + mouth.lower * mix(inside, inside.sqrt(), 0.5),
            line,
        }
    }
}

/// Paints the part of the mouth at `(x, y)`.
pub(super) fn mouth(
    paint: &mut Paint,
    Appearance { anatomy, coloring }: Appearance<'_>,
    [x, y]: [f32; 2],
    seed: u32,
) {
    let mouth = &anatomy.mouth;
    if x.abs() > mouth.half_width + 14.0 || (y - mouth.y).abs() > 34.0 {
        return;
    }
    let lips = Lips::new(anatomy, x);
    shadows(paint, anatomy, [x, y]);
    let within = step(mouth.half_width + 0.6, mouth.half_width - 1.4, x.abs());
    let edge = |from: f32, to: f32| step(-0.9, 0.9, y - from) * step(-0.9, 0.9, to - y) * within;
    let chapped = 1.0 + 0.05 * clouds(x * 0.9, y * 0.15, seed);
    let pale = coloring.lips.map(|value| value * chapped);
    let upper = blend(pale.map(|value| 0.84 * value), coloring.skin, 0.08 + 0.2 * anatomy.male);
    let lower = blend(pale, coloring.skin, 0.12 + 0.2 * anatomy.male);
    paint.lay(upper, 0.9 * edge(lips.top, lips.line));
    let below = edge(lips.line, lips.bottom);
    paint.lay(lower, 0.9 * below);
    paint.gloss += 0.5 * below;
    let open = mouth.gap.min(2.0) * 0.5;
    paint.lay(inside(anatomy, &lips, [x, y]), open * edge(lips.gap_top, lips.gap_bottom));
    // Closed lips meet in a line. Open lips are dark at the corners.
    let meet = hill(0.0, (y - lips.line) / 1.8) * within * (1.0 - 0.85 * open);
    paint.lay(pale.map(|value| 0.2 * value), 0.85 * meet);
}

/// Returns the color behind the lips.
fn inside(anatomy: &Anatomy, lips: &Lips, [x, y]: [f32; 2]) -> Vec3 {
    let dark = [0.07, 0.018, 0.015];
    let reach = mix(4.5, 7.5, anatomy.mouth.smile);
    let down = y - lips.gap_top;
    let away = x / anatomy.mouth.half_width;
    // Teeth are farther back, and in the shade, toward the corners. Their gaps are barely visible.
    let shade = (1.0 - 0.75 * away * away) * mix(0.55, 1.0, step(-0.5, 2.5, down));
    let gap = 0.16 * hill(((x / 7.4).rem_euclid(1.0) - 0.5) / 0.14, 0.0);
    let teeth = [0.78, 0.74, 0.66].map(|value| value * shade * (1.0 - gap));
    blend(dark, teeth, step(reach + 0.7, reach - 0.7, down) * step(1.0, 0.8, away.abs()))
}

/// Paints the shadows below the lower lip, at the corners, and in the groove above.
fn shadows(paint: &mut Paint, anatomy: &Anatomy, [x, y]: [f32; 2]) {
    let mouth = &anatomy.mouth;
    let below = mouth.y + 0.6 * mouth.gap + mouth.lower;
    paint.shade(0.34 * hill(x / (0.85 * mouth.half_width), (y - below - 3.0) / 6.0));
    let corner = mouth.y - mouth.lift;
    let across = (x.abs() - mouth.half_width - 0.5) / 5.5;
    paint.shade(0.5 * hill(across, (y - corner) / 4.5));
    paint.shade(0.14 * hill(x / 4.0, (y - mouth.y + 13.0) / 7.0));
    // Lines run down from the corners.
    let line = x.abs() - mouth.half_width - 2.0 - 0.1 * (y - corner);
    paint.shade(0.3 * anatomy.old * hill(line / 2.6, (y - corner - 10.0) / 12.0));
}
