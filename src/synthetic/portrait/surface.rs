//! Relief of a head.

use super::anatomy::Anatomy;
use super::mesh::Mesh;
use super::vector::{Vec3, curve, hill, mix, step};

/// Rows and columns of the head's mesh. They are two to three millimeters apart on the face.
const ROWS: usize = 96;
const COLUMNS: usize = 92;

/// Head without hair and ears, as profiles by height.
///
/// The profiles are half widths, and distances of the front from the ears' plane.
pub(super) struct HeadSurface<'a> {
    anatomy: &'a Anatomy,
    width: [[f32; 2]; 12],
    front: [[f32; 2]; 9],
    /// Positions of the sides. Those of the jaw are farther in front.
    side: [[f32; 2]; 4],
}

impl<'a> HeadSurface<'a> {
    pub(super) fn new(anatomy: &'a Anatomy) -> Self {
        let head = &anatomy.head;
        let crown = head.crown;
        let chin = head.chin;
        let width = [
            [crown, 0.0],
            [crown + 3.0, 24.0],
            [crown + 13.0, 46.0],
            [mix(crown, -40.0, 0.5), head.temple - 6.0],
            [-40.0, head.temple],
            [-5.0, head.half_width - 1.0],
            [18.0, head.half_width],
            [mix(18.0, chin, 0.38), mix(head.half_width, head.jaw, 0.55) + 0.4 * head.cheek],
            [mix(18.0, chin, 0.62), head.jaw],
            [mix(18.0, chin, 0.86), mix(head.jaw, head.chin_width, 0.58)],
            [chin - 2.5, head.chin_width],
            [chin + 4.0, 0.0],
        ];
        let front = [
            [crown, 0.0],
            [crown + 4.0, 34.0],
            [crown + 16.0, 60.0],
            [-62.0, 79.0],
            [-26.0, 87.0],
            [0.0, 85.0],
            [45.0, 86.0],
            [chin - 8.0, 80.0],
            [chin + 4.0, 64.0],
        ];
        let side =
            [[20.0, 0.0], [mix(18.0, chin, 0.6), 16.0], [chin - 6.0, 40.0], [chin + 4.0, 62.0]];
        Self { anatomy, width, front, side }
    }

    pub(super) fn width(&self, y: f32) -> f32 {
        curve(&self.width, y).max(0.0)
    }

    /// Returns the properties of all angles around the head at a height.
    pub(super) fn ring(&self, y: f32) -> Ring {
        let side = curve(&self.side, y);
        // Back of the head, and its remainder below the ears.
        let back = 1.12 * self.width(y.min(5.0)) * step(70.0, 30.0, y) + 8.0;
        Ring { y, width: self.width(y), side, front: curve(&self.front, y) - side, back }
    }

    /// Returns the point of a ring at an angle, with the face's relief.
    ///
    /// The angle is relative to straight ahead.
    fn point(&self, ring: &Ring, angle: [f32; 2]) -> Vec3 {
        let [x, y, z] = ring.point(angle);
        let facing = step(0.15, 0.6, angle[1]);
        [x, y, if facing > 0.0 { z + facing * self.relief(x, y) } else { z }]
    }

    /// Returns the point straight ahead at `(x, y)`.
    pub(super) fn ahead(&self, x: f32, y: f32) -> Vec3 {
        let sine = (x / self.width(y).max(1.0)).clamp(-1.0, 1.0);
        self.point(&self.ring(y), [sine, (1.0 - sine * sine).sqrt()])
    }

    pub(super) fn mesh(&self) -> Mesh {
        let head = &self.anatomy.head;
        let angles: Vec<[f32; 2]> = (0..COLUMNS).map(angle).collect();
        let mut points = Vec::with_capacity(ROWS * COLUMNS);
        for row in 0..ROWS {
            let y = mix(head.crown, head.chin + 4.0, row as f32 / (ROWS - 1) as f32);
            let ring = self.ring(y);
            points.extend(angles.iter().map(|&angle| self.point(&ring, angle)));
        }
        Mesh::without_edge(COLUMNS, points)
    }

    /// Returns the elevation of the face at `(x, y)`.
    fn relief(&self, x: f32, y: f32) -> f32 {
        let x = x.abs();
        self.nose(x, y) + self.eyes(x, y) + self.mouth(x, y) + self.cheeks(x, y)
    }

    fn nose(&self, x: f32, y: f32) -> f32 {
        let nose = &self.anatomy.nose;
        if x > 36.0 || !(-24.0..nose.base + 12.0).contains(&y) {
            return 0.0;
        }
        let along = (y + 4.0) / (nose.tip + 4.0);
        let root = 0.24 * nose.depth;
        let ridge = if along < 0.0 {
            root * step(-20.0, -4.0, y)
        } else if along < 1.0 {
            let bow = nose.hump * hill((along - 0.42) / 0.45, 0.0);
            mix(root, nose.depth, along * mix(0.75, 1.0, along)) + bow
        } else {
            let below = ((y - nose.tip) / (nose.base + 1.0 - nose.tip)).min(1.0);
            nose.depth * (1.0 - below * below).sqrt()
        };
        let spread = mix(14.0, 20.5, along.clamp(0.0, 1.0)) + 1.5 * nose.ridge;
        let across = (1.0 - (x / spread) * (x / spread)).max(0.0);
        let tip = nose.roundness * hill(x / 13.0, (y - nose.tip + 2.0) / 11.0);
        let wing_x = (x - nose.half_width + 5.0) / 9.5;
        let wings = 9.0 * hill(wing_x, (y - nose.tip - 3.0) / 10.5);
        ridge * across * across + tip + wings
    }

    fn eyes(&self, x: f32, y: f32) -> f32 {
        let eye = &self.anatomy.eye;
        let brow = &self.anatomy.brow;
        if !(-48.0..40.0).contains(&y) {
            return 0.0;
        }
        let socket = -eye.depth * hill((x - eye.x + 5.0) / 27.0, (y + 3.0) / 19.0);
        let ball = (3.5 + 0.35 * eye.depth) * hill((x - eye.x) / 20.0, (y - 0.5) / 14.0);
        let bag = 1.6 * self.anatomy.old * hill((x - eye.x) / 17.0, (y - 13.0) / 7.0);
        let bone = (2.0 + brow.ridge) * hill((x - 26.0) / 38.0, (y - brow.y - 2.0) / 15.0);
        socket + ball + bag + bone
    }

    fn mouth(&self, x: f32, y: f32) -> f32 {
        let mouth = &self.anatomy.mouth;
        if y < mouth.y - 26.0 {
            return 0.0;
        }
        let along = x / mouth.half_width;
        let line = mouth.y - mouth.lift * along * along;
        let half = 0.5 * mouth.gap;
        let upper = (1.6 + 0.3 * mouth.upper) * hill(along / 1.15, (y - line + half + 4.0) / 7.5);
        let lower = (2.0 + 0.3 * mouth.lower) * hill(along, (y - line - half - 5.5) / 8.0);
        let groove = -2.6 * hill(along / 1.1, (y - line) / (3.0 + half));
        let teeth = 5.0 * hill(x / 44.0, (y - mouth.y) / 32.0);
        let philtrum = -hill(x / 4.5, (y - mouth.y + 13.0) / 8.0);
        let dent = -3.0 * hill(x / 24.0, (y - mouth.y - mouth.lower - half - 9.0) / 9.0);
        let chin = (4.0 + self.anatomy.head.chin_depth)
            * hill(x / 27.0, (y - self.anatomy.head.chin + 10.0) / 20.0);
        upper + lower + groove + teeth + philtrum + dent + chin
    }

    fn cheeks(&self, x: f32, y: f32) -> f32 {
        let head = &self.anatomy.head;
        let mouth = &self.anatomy.mouth;
        let bone = head.cheekbone * hill((x - 46.0) / 27.0, (y - 20.0) / 24.0);
        let cheek = head.cheek * hill((x - 38.0) / 30.0, (y - 40.0) / 32.0);
        // A fold runs from the side of the nose to the side of the mouth. Age and smiling deepen
        // it.
        let depth = 0.5 + 2.2 * self.anatomy.old + 1.6 * mouth.smile;
        let fold_x = self.fold(y);
        let fold = -depth * hill((x - fold_x) / 6.0, (y - mouth.y + 12.0) / 24.0);
        let sag = 2.5 * self.anatomy.old * hill((x - 38.0) / 18.0, (y - head.chin + 26.0) / 20.0);
        bone + cheek + fold + sag
    }

    /// Returns the position of the fold between cheek and mouth at a height.
    pub(super) fn fold(&self, y: f32) -> f32 {
        let nose = &self.anatomy.nose;
        let mouth = &self.anatomy.mouth;
        let down = (y - nose.tip) / (mouth.y + 6.0 - nose.tip);
        mix(nose.half_width + 3.0, mouth.half_width + 8.0, down.clamp(0.0, 1.2))
    }
}

/// Outline of a head at one height.
pub(super) struct Ring {
    y: f32,
    width: f32,
    /// Position of the sides. The distances of front and back start there.
    side: f32,
    front: f32,
    back: f32,
}

impl Ring {
    /// Returns the point at an angle from straight ahead, by the angle's sine and cosine.
    pub(super) fn point(&self, [sine, cosine]: [f32; 2]) -> Vec3 {
        // The front of a face is flatter than an ellipse.
        let depth = if cosine > 0.0 {
            self.front * cosine * (1.18 - 0.18 * cosine)
        } else {
            self.back * cosine
        };
        [self.width * sine, self.y, self.side + depth]
    }
}

/// Returns sine and cosine of the angle of a column. The columns are denser in front.
fn angle(column: usize) -> [f32; 2] {
    let t = 2.0 * column as f32 / COLUMNS as f32 - 1.0;
    let (sine, cosine) = (std::f32::consts::PI * t * (0.55 + 0.45 * t * t)).sin_cos();
    [sine, cosine]
}
