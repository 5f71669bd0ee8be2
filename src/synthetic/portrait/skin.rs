//! Skin of face, ears and neck.

use super::appearance::Appearance;
use super::grain::{clouds, speck};
use super::paint::Paint;
use super::surface::HeadSurface;
use super::vector::{Vec3, curve, hill, mix, step};
use super::{eyes, mouth};
use crate::synthetic::conditions::Moment;

/// Inputs for the skin of one person at one moment.
pub(super) struct Skin<'a> {
    pub(super) appearance: Appearance<'a>,
    pub(super) head: &'a HeadSurface<'a>,
    pub(super) moment: &'a Moment,
    /// Direction of the light, for its reflection in the eyes.
    pub(super) light: Vec3,
}

impl Skin<'_> {
    /// Returns the paint of the face at a point of the head.
    pub(super) fn face(&self, point: Vec3) -> Paint {
        let [x, y, z] = point;
        let mut paint = self.bare(x, y);
        if z > 0.0 {
            self.flush(&mut paint, x.abs(), y);
            self.nose(&mut paint, x.abs(), y);
            self.wrinkles(&mut paint, x, y);
            self.beard(&mut paint, point);
            mouth::mouth(&mut paint, self.appearance, [x, y], self.moment.seed);
            eyes::eye(&mut paint, self.appearance, [x, y], self.light);
            eyes::brow(&mut paint, self.appearance, [x, y], self.moment.seed);
        }
        // Light comes from above and in front, not from below and behind.
        let chin = self.appearance.anatomy.head.chin;
        paint.shade(0.35 * step(chin - 10.0, chin + 4.0, y));
        paint
    }

    /// Returns the paint of a point of an ear.
    ///
    /// The coordinates are back to front, top to bottom, and outward.
    pub(super) fn ear(&self, [front, down, out]: Vec3) -> Paint {
        let mut paint = self.bare(40.0 * front, 30.0 * down);
        paint.stain([1.0, 0.84, 0.82], 0.7);
        if out > 0.0 {
            paint.shade(0.5 * hill((front - 0.15) / 0.6, (down - 0.1) / 0.75));
            paint.shade(0.3 * hill((front + 0.45) / 0.2, (down + 0.2) / 0.8));
        }
        paint
    }

    /// Returns the paint of the neck. The head blocks some of its light.
    pub(super) fn neck(&self, [x, y, _]: Vec3) -> Paint {
        let mut paint = self.bare(x, y);
        let chin = self.appearance.anatomy.head.chin;
        paint.shade(0.72 * step(chin + 34.0, chin - 6.0, y));
        paint.shade(0.2 * hill((x.abs() - 20.0) / 9.0, (y - chin - 45.0) / 40.0));
        paint
    }

    /// Returns whether there is cloth on a point of the neck or shoulder.
    pub(super) fn is_worn(&self, [x, y, _]: Vec3) -> bool {
        // The edge of the cloth rises from the pit of the neck to the sides.
        y > self.appearance.anatomy.head.chin + 46.0 - 14.0 * step(0.0, 60.0, x.abs())
    }

    /// Returns the paint of the clothing, with some folds.
    pub(super) fn cloth(&self, [x, y, _]: Vec3) -> Paint {
        let folds = 1.0 + 0.25 * clouds(x * 0.05 + y * 0.02, y * 0.02, self.moment.seed);
        let color = self.moment.cloth.map(|value| value * folds);
        let mut paint = Paint { color, open: 1.0, gloss: 0.05, depth: 0.0 };
        let chin = self.appearance.anatomy.head.chin;
        paint.shade(0.5 * step(chin + 60.0, chin + 20.0, y));
        paint
    }

    /// Returns the paint of bare skin, uneven and freckled.
    fn bare(&self, x: f32, y: f32) -> Paint {
        let seed = self.moment.seed;
        let uneven = 0.05 * clouds(x * 0.3, y * 0.3, seed);
        let pores = 0.025 * speck((x * 1.1) as i32, (y * 1.1) as i32, seed);
        let color = self.appearance.coloring.skin.map(|value| value * (1.0 + uneven + pores));
        let mut paint = Paint { color, open: 1.0, gloss: 0.35, depth: 1.0 };
        if self.appearance.coloring.freckles > 0.0 {
            let spots = step(0.3, 0.75, clouds(x * 0.55, y * 0.55, 7));
            let density = hill(x / 75.0, (y - 22.0) / 50.0);
            let freckles = self.appearance.coloring.freckles;
            paint.stain([0.78, 0.62, 0.5], 0.8 * freckles * spots * density);
        }
        paint
    }

    /// Paints the redness of blood and the shine.
    fn flush(&self, paint: &mut Paint, x: f32, y: f32) {
        let nose = &self.appearance.anatomy.nose;
        let red = 0.62 * hill((x - 40.0) / 32.0, (y - 32.0) / 28.0)
            + 0.5 * hill(x / 22.0, (y - nose.tip) / 18.0)
            + 0.3 * hill(x / 26.0, (y - self.appearance.anatomy.head.chin + 10.0) / 20.0);
        paint.stain([1.0, 0.84, 0.83], red * self.appearance.coloring.ruddiness * 1.5);
        // The forehead, the nose and the cheekbones shine.
        paint.gloss += 0.35 * hill(x / 50.0, (y + 42.0) / 26.0)
            + 0.5 * hill(x / 9.0, (y - nose.tip + 5.0) / 26.0)
            + 0.25 * hill((x - 44.0) / 20.0, (y - 18.0) / 16.0);
    }

    fn nose(&self, paint: &mut Paint, x: f32, y: f32) {
        let nose = &self.appearance.anatomy.nose;
        if x > 40.0 || !(-20.0..nose.base + 14.0).contains(&y) {
            return;
        }
        let nostril =
            hill((x - 0.44 * nose.half_width) / 5.6, (y - nose.base + 2.2 + 0.12 * x) / 3.6);
        paint.lay([0.03, 0.012, 0.009], nostril);
        paint.shade(0.3 * hill((x - 0.4 * nose.half_width) / 13.0, (y - nose.base - 0.5) / 6.0));
        // Crease around the wings, and sides of the ridge.
        let wing = nose.half_width + 0.5 - 0.03 * (y - nose.tip - 3.0) * (y - nose.tip - 3.0);
        paint.shade(0.42 * hill((x - wing) / 3.6, (y - nose.tip - 3.0) / 11.0));
        paint.shade(0.1 * hill((x - 14.0) / 9.0, (y - 4.0) / 18.0));
    }

    fn wrinkles(&self, paint: &mut Paint, x: f32, y: f32) {
        let mouth = &self.appearance.anatomy.mouth;
        let old = self.appearance.anatomy.old;
        let fold = x.abs() - self.head.fold(y);
        let depth = 0.1 + 0.42 * old + 0.22 * mouth.smile;
        paint.shade(depth * hill(fold / 3.4, (y - mouth.y + 12.0) / 26.0));
        if y < -24.0 && old > 0.05 {
            let uneven = 2.2 * clouds(x * 0.05, y * 0.05, self.moment.seed);
            let lines = hill(((y + uneven) / 8.5).rem_euclid(1.0) - 0.5, 0.0);
            let lines = lines * lines * hill(x / 60.0, (y + 48.0) / 26.0);
            paint.shade((0.5 * old + 0.12 * self.moment.brows.max(0.0)) * lines);
        }
    }

    /// Paints a beard, or the stubble of a shaved one.
    fn beard(&self, paint: &mut Paint, [x, y, z]: Vec3) {
        // The beard ends in front of the ears.
        let masculine = step(0.7, 1.0, self.appearance.anatomy.male) * step(4.0, 30.0, z);
        let nose = &self.appearance.anatomy.nose;
        if masculine == 0.0 || y < 0.0 {
            return;
        }
        let mouth = &self.appearance.anatomy.mouth;
        let upper_edge = [
            [0.0, nose.base + 3.0],
            [mouth.half_width - 4.0, nose.base + 6.0],
            [mouth.half_width + 10.0, mouth.y + 2.0],
            [52.0, 44.0],
            [64.0, 6.0],
        ];
        let seed = self.moment.seed;
        let below = y - curve(&upper_edge, x.abs());
        if below < -8.0 {
            return;
        }
        let ragged = 3.0 * clouds(x * 0.3, y * 0.3, seed);
        let grown = step(-6.0, 8.0, below + ragged) * masculine;
        let worn = self.moment.beard;
        let hairs = 0.75 + 0.35 * clouds(x * 0.8, y * 0.35, seed);
        let cover = mix(0.05, 0.3, step(0.5, 0.75, worn)) + 0.55 * step(0.8, 0.83, worn) * hairs;
        paint.lay(self.appearance.coloring.brow, cover * grown);
    }
}
