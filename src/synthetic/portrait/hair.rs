//! Hair.

use super::anatomy::Anatomy;
use super::coloring::Coloring;
use super::grain::clouds;
use super::mesh::Mesh;
use super::paint::Paint;
use super::sitter::Sitter;
use super::surface::HeadSurface;
use super::vector::{Vec3, curve, hill, mix, step};
use crate::domain::Sex;
use crate::synthetic::conditions::Moment;
use crate::synthetic::genome::Trait;

const ROWS: usize = 64;
const COLUMNS: usize = 108;
/// Distance by which hair ends before or beyond its edge, in millimeters.
const FRAYED: f32 = 5.0;

/// Hair style.
#[derive(Clone, Debug)]
pub(super) struct Hair {
    /// Thickness on the head, in millimeters.
    volume: f32,
    /// Lower end of hanging hair, in millimeters below the eyes. `None` if ears and neck are free.
    hangs_to: Option<f32>,
    /// Height of the hairline, by the distance toward the front.
    ///
    /// It covers the forehead, the temples, the ears, the region behind them and the nape.
    line: [[f32; 2]; 6],
    /// Length of the fringe below the hairline, and the side to which it is combed.
    fringe: [f32; 2],
    wave: f32,
    seed: u32,
}

impl Hair {
    pub(super) fn new(sitter: &Sitter, anatomy: &Anatomy, moment: &Moment) -> Self {
        let Moment { hair, parting, seed, .. } = *moment;
        let [medium, long] = match sitter.sex {
            Sex::Male => [0.93, 0.99],
            Sex::Female => [mix(0.12, 0.5, anatomy.old), mix(0.45, 0.9, anatomy.old)],
        };
        let chin = anatomy.head.chin;
        let hangs_to = match hair {
            hair if hair > long => Some(chin + 95.0),
            hair if hair > medium => Some(chin - 14.0 + 40.0 * (hair - medium) / (long - medium)),
            _ => None,
        };
        let top = anatomy.head.hairline;
        let line = [
            [-60.0, 66.0],
            [-38.0, 44.0],
            [-12.0, 24.0],
            [12.0, 2.0],
            [44.0, mix(-48.0, top, 0.3)],
            [76.0, top],
        ];
        let combed = if sitter.sex == Sex::Female { 0.35 } else { 0.5 };
        let fringe = step(combed, 1.0, parting[1]) * (-28.0 - top) * step(0.0, -20.0, top + 40.0);
        let wave = sitter.genome.get(Trait::HairWave);
        let volume =
            mix(6.0, 15.0, hair) * (1.0 - 0.45 * anatomy.old * anatomy.male) + 2.0 * wave.max(-1.0);
        Self { volume: volume.max(3.0), hangs_to, line, fringe: [fringe, parting[0]], wave, seed }
    }

    /// Returns the hair as a sheet around the head.
    ///
    /// Its coordinates are millimeters around, millimeters down, and the distance from its edge.
    pub(super) fn mesh(&self, head: &HeadSurface, crown: f32) -> Mesh {
        let bottom = self.hangs_to.unwrap_or(70.0) + 3.0;
        let angles: Vec<(f32, [f32; 2])> = (0..COLUMNS).map(angle).collect();
        let mut points = Vec::new();
        let mut depths = Vec::new();
        let mut coordinates = Vec::new();
        for row in 0..ROWS {
            let t = row as f32 / (ROWS - 1) as f32;
            let y = mix(crown, bottom, t * mix(0.6, 1.0, t));
            let ring = head.ring(y.min(6.0));
            for (around, angle) in &angles {
                let bare = ring.point(*angle);
                let around = *around;
                let inside = self.inside(bare, [around, y]);
                points.push(self.lift(bare, [y, inside], crown));
                depths.push(inside);
                coordinates.push([around, y, inside]);
            }
        }
        Mesh { columns: COLUMNS, points, inside: depths, frayed: FRAYED, coordinates }
    }

    /// Returns the distance of a head point from the edge of the hair.
    ///
    /// It is in millimeters, and positive inside the hair.
    fn inside(&self, [x, _, z]: Vec3, [around, y]: [f32; 2]) -> f32 {
        let ragged = 3.0 * clouds(around * 0.12, y * 0.04, self.seed);
        let grown = curve(&self.line, z) + self.swept(x, z) - y;
        let Some(end) = self.hangs_to else { return grown + ragged };
        // Hanging hair frames the face. It parts at the temples.
        let front =
            mix(46.0, 36.0, step(-20.0, 60.0, y)) + 8.0 * clouds(y * 0.02, x.signum(), self.seed);
        let hangs = (front - z).min(end - y + 5.0 * clouds(around * 0.15, 0.0, self.seed));
        let hangs = if y > -45.0 { hangs } else { f32::NEG_INFINITY };
        grown.max(hangs) + ragged
    }

    /// Returns the length of hair below the hairline.
    ///
    /// From a parting, hair falls more to one side than to the other.
    fn swept(&self, x: f32, z: f32) -> f32 {
        let [fringe, side] = self.fringe;
        let from_parting = (x * side.signum() + 30.0 * side.abs()) / 40.0;
        let above = -4.0 * step(0.7, 0.0, from_parting.abs());
        step(20.0, 60.0, z) * (fringe * step(-1.4, 0.6, from_parting) + above)
    }

    /// Moves a point of the head outward by the thickness of its hair.
    fn lift(&self, [x, _, z]: Vec3, [y, inside]: [f32; 2], crown: f32) -> Vec3 {
        let full = mix(0.5, 1.0, step(40.0, -50.0, y));
        let hanging = if self.hangs_to.is_some() { 6.0 * step(-30.0, 60.0, y) + 4.0 } else { 0.0 };
        let wave = if self.wave > 0.0 {
            1.2 * self.wave * clouds(x * 0.08, y * 0.09, self.seed)
        } else {
            0.0
        };
        let thick = (self.volume * full) * step(-2.0, 22.0, inside) + 1.2 + hanging + wave;
        let up = thick * step(-30.0, crown, y);
        // Hanging hair falls inward below the ears.
        let close = mix(1.0, 0.9, step(10.0, 110.0, y));
        [close * x * (1.0 + thick / 72.0), y - up, z * (1.0 + thick / 88.0)]
    }

    /// Returns the paint of the strands.
    pub(super) fn paint(
        &self,
        coloring: &Coloring,
        [around, y, inside]: Vec3,
        normal: &mut Vec3,
    ) -> Paint {
        let bend = if self.wave > 0.0 {
            4.0 * self.wave * clouds(around * 0.03, y * 0.05, self.seed)
        } else {
            0.0
        };
        // On top, strands run away from the parting.
        let strand = around + bend + 0.7 * self.fringe[1] * y.min(-20.0);
        let fine = clouds(strand * 0.8, y * 0.02, self.seed);
        let lock = clouds(strand * 0.16, y * 0.018, self.seed ^ 1);
        normal[0] += 0.2 * lock + 0.12 * fine;
        let light = 1.0 + 0.16 * lock + 0.16 * fine;
        let mut paint = Paint {
            color: coloring.hair.map(|value| value * light.max(0.2)),
            open: 1.0,
            gloss: 0.8 + 0.5 * fine,
            depth: 0.0,
        };
        paint.shade(0.35 * step(5.0, 0.0, inside));
        paint.shade(0.45 * step(10.0, 60.0, y) * hill(lock, 0.0));
        paint
    }

    /// Returns whether the hair covers the ears.
    pub(super) fn hides_ears(&self) -> bool {
        self.hangs_to.is_some()
    }

    /// Returns the cover of a head point by roots, and by the hair's shadow.
    ///
    /// Roots are hair on the scalp itself. They are visible if the sheet is thin.
    pub(super) fn roots(&self, [x, y, z]: Vec3) -> [f32; 2] {
        if z > 45.0 && y > -8.0 {
            return [0.0; 2];
        }
        let bare = curve(&self.line, z) - y;
        let shadow = step(-16.0, -1.0, bare + self.swept(x, z));
        // Noise is necessary only near the edge.
        if !(-11.0..9.0).contains(&bare) {
            return [if bare > 0.0 { 1.0 } else { 0.0 }, shadow];
        }
        let ragged = 4.0 * clouds(x * 0.8, y * 0.1, self.seed);
        [step(-7.0, 5.0, bare + ragged), shadow]
    }
}

/// Returns a column's distance around the head, and its angle's sine and cosine.
///
/// The distance is in millimeters.
fn angle(column: usize) -> (f32, [f32; 2]) {
    let angle = std::f32::consts::TAU * (column as f32 / COLUMNS as f32 - 0.5);
    (70.0 * angle, angle.sin_cos().into())
}
