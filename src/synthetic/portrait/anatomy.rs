//! Measures of a face.

use super::sitter::Sitter;
use super::vector::{mix, step};
use crate::domain::Sex;
use crate::synthetic::conditions::Moment;
use crate::synthetic::genome::Trait;

/// Face in millimeters from the middle between the eyes. Down and outward are positive.
///
/// Means are those of adults (Farkas, Anthropometry of the Head and Face, 1994), rounded. Standard
/// deviations are about 1.5 times as large, so that families differ at a glance.
#[derive(Clone, Debug)]
pub(super) struct Anatomy {
    pub(super) head: HeadMeasures,
    pub(super) eye: Eye,
    pub(super) brow: Brow,
    pub(super) nose: Nose,
    pub(super) mouth: Mouth,
    pub(super) ear: Ear,
    /// Old age: 0 young, 1 old.
    pub(super) old: f32,
    /// Growth: 0 small child, 1 adult.
    pub(super) grown: f32,
    /// Masculinity: 0 feminine, 1 masculine. Children are in between.
    pub(super) male: f32,
}

/// Skull, cheeks and jaw.
#[derive(Clone, Debug)]
pub(super) struct HeadMeasures {
    pub(super) half_width: f32,
    pub(super) temple: f32,
    pub(super) jaw: f32,
    pub(super) chin_width: f32,
    pub(super) chin_depth: f32,
    pub(super) crown: f32,
    pub(super) chin: f32,
    pub(super) hairline: f32,
    pub(super) cheekbone: f32,
    pub(super) cheek: f32,
}

/// Eye. Both eyes have the same measures.
#[derive(Clone, Debug)]
pub(super) struct Eye {
    pub(super) x: f32,
    pub(super) half_width: f32,
    pub(super) upper: f32,
    pub(super) lower: f32,
    /// Rise of the outer corner above the middle.
    pub(super) tilt: f32,
    pub(super) depth: f32,
    pub(super) fold: f32,
    pub(super) gaze: [f32; 2],
}

/// Brow.
#[derive(Clone, Debug)]
pub(super) struct Brow {
    pub(super) y: f32,
    pub(super) half_thickness: f32,
    pub(super) arch: f32,
    pub(super) tilt: f32,
    /// Density of the brow, 0 to 1.
    pub(super) density: f32,
    /// Bone above the eyes.
    pub(super) ridge: f32,
}

/// Nose.
#[derive(Clone, Debug)]
pub(super) struct Nose {
    pub(super) tip: f32,
    pub(super) base: f32,
    pub(super) depth: f32,
    pub(super) ridge: f32,
    pub(super) hump: f32,
    pub(super) half_width: f32,
    pub(super) roundness: f32,
}

/// Mouth, with its expression.
#[derive(Clone, Debug)]
pub(super) struct Mouth {
    pub(super) y: f32,
    pub(super) half_width: f32,
    pub(super) upper: f32,
    pub(super) lower: f32,
    pub(super) bow: f32,
    /// Rise of the corners.
    pub(super) lift: f32,
    /// Height of the gap between the lips.
    pub(super) gap: f32,
    pub(super) smile: f32,
}

/// Ear.
#[derive(Clone, Debug)]
pub(super) struct Ear {
    pub(super) half_height: f32,
    pub(super) flare: f32,
}

impl Anatomy {
    /// Returns the face of `sitter` at that moment.
    pub(super) fn new(sitter: &Sitter, moment: &Moment) -> Self {
        let grown = step(1.0, 18.0, sitter.age);
        let old = step(35.0, 85.0, sitter.age);
        let sex = if sitter.sex == Sex::Male { 1.0 } else { 0.0 };
        let male = mix(0.45, sex, step(9.0, 19.0, sitter.age));
        let builder = AnatomyBuilder { sitter, moment, grown, old, male };
        let mouth = builder.mouth();
        Self {
            head: builder.head(&mouth),
            eye: builder.eye(),
            brow: builder.brow(),
            nose: builder.nose(),
            ear: builder.ear(),
            mouth,
            old,
            grown,
            male,
        }
    }
}

/// Inputs of the measures.
struct AnatomyBuilder<'a> {
    sitter: &'a Sitter<'a>,
    moment: &'a Moment,
    grown: f32,
    old: f32,
    male: f32,
}

impl AnatomyBuilder<'_> {
    /// Returns `mean` plus `deviation` times the person's trait. Small children deviate less.
    fn measure(&self, mean: f32, deviation: f32, heritable: Trait) -> f32 {
        mean + deviation * self.sitter.genome.get(heritable) * mix(0.75, 1.0, self.grown)
    }

    /// Returns `excess` for a small child, 0 for an adult, and a value between them for others.
    fn young(&self, excess: f32) -> f32 {
        excess * (1.0 - self.grown)
    }

    fn head(&self, mouth: &Mouth) -> HeadMeasures {
        let half_width = self.measure(mix(67.0, 71.0, self.male), 3.4, Trait::HeadWidth);
        let temple = half_width - self.measure(2.0, 2.4, Trait::Temples) + self.young(3.0);
        let jaw = half_width * self.measure(mix(0.76, 0.81, self.male), 0.035, Trait::Jaw);
        let length = self.measure(mix(42.0, 46.0, self.male), 3.4, Trait::ChinLength);
        let recession = self.old * step(0.45, 1.0, self.male);
        let recession = recession * (14.0 + 12.0 * self.sitter.genome.get(Trait::Graying)).max(0.0);
        HeadMeasures {
            half_width,
            temple,
            jaw: jaw + 2.0 * self.old,
            chin_width: self.measure(mix(19.0, 24.0, self.male), 3.2, Trait::ChinWidth),
            chin_depth: self.measure(mix(4.0, 5.0, self.male), 2.6, Trait::ChinDepth),
            crown: self.measure(-110.0, -4.0, Trait::HeadHeight) - self.young(9.0),
            chin: mouth.y + length * (1.0 - self.young(0.2)) + 0.55 * mouth.gap,
            hairline: self.measure(-62.0, -5.0, Trait::Hairline) - self.young(4.0) - recession,
            cheekbone: self.measure(3.5, 1.8, Trait::Cheekbones) * (1.0 - self.young(0.6)),
            cheek: self.measure(2.0, 2.2, Trait::Cheeks) + self.young(6.0) - 3.0 * self.old
                + 3.0 * self.moment.smile,
        }
    }

    fn eye(&self) -> Eye {
        let closing = 1.0 - 0.42 * self.moment.squint - 0.12 * self.old;
        let opening =
            self.measure(11.2, 1.5, Trait::EyeOpening) * (1.0 + self.young(0.14)) * closing
                + 0.9 * self.moment.brows.max(0.0);
        Eye {
            x: self.measure(31.5, 1.9, Trait::EyeDistance) + self.young(1.0),
            half_width: self.measure(15.4, 1.1, Trait::EyeWidth) + self.young(1.0),
            upper: 0.6 * opening,
            lower: 0.4 * opening - 0.8 * self.moment.smile,
            tilt: self.measure(0.8, 1.3, Trait::EyeTilt) - 1.2 * self.old,
            depth: self.measure(mix(6.0, 8.0, self.male), 2.2, Trait::EyeDepth) - self.young(3.0),
            fold: self.measure(3.6, 1.3, Trait::LidFold).max(1.0) - 1.2 * self.old,
            gaze: self.moment.gaze,
        }
    }

    fn brow(&self) -> Brow {
        let raised = 3.2 * self.moment.brows;
        Brow {
            y: self.measure(mix(-22.0, -19.0, self.male), -2.2, Trait::BrowHeight) - raised,
            half_thickness: self
                .measure(mix(2.6, 3.7, self.male), 0.8, Trait::BrowThickness)
                .max(1.2),
            arch: self.measure(mix(4.2, 2.6, self.male), 1.6, Trait::BrowArch),
            tilt: self.measure(1.5, 2.0, Trait::BrowTilt),
            density: (self.measure(0.92, 0.1, Trait::BrowThickness)
                - self.young(0.25)
                - 0.15 * self.old)
                .clamp(0.35, 1.0),
            ridge: mix(1.0, 4.0, self.male) * self.grown,
        }
    }

    fn nose(&self) -> Nose {
        let aged = 1.0 + 0.06 * self.old;
        let tip = self.measure(39.5, 3.0, Trait::NoseLength) * (1.0 - self.young(0.24)) * aged;
        let width = self.measure(mix(16.2, 18.0, self.male), 2.0, Trait::NoseWidth);
        Nose {
            tip,
            base: tip + 9.5 - self.young(1.5),
            depth: self.measure(20.0, 2.8, Trait::NoseDepth) * (1.0 - self.young(0.36)),
            ridge: self.measure(0.0, 1.0, Trait::NoseRidge),
            hump: self.measure(0.3, 1.6, Trait::NoseHump) * self.grown,
            half_width: width * aged + 1.6 * self.moment.smile - self.young(1.5),
            roundness: self.measure(3.0, 1.2, Trait::NoseTip).max(0.5),
        }
    }

    fn mouth(&self) -> Mouth {
        let Moment { smile, open, .. } = *self.moment;
        let thinner = (1.0 - 0.32 * self.old) * (1.0 - 0.2 * smile);
        let nose = self.nose();
        let lip = self.measure(17.0, 2.0, Trait::LipDistance) + 1.5 * self.old - self.young(2.0);
        Mouth {
            y: nose.base + lip - 1.5 * smile,
            half_width: self.measure(25.0, 2.2, Trait::MouthWidth) + 5.5 * smile
                - self.young(2.5)
                - 1.5 * open * (1.0 - smile),
            upper: self.measure(mix(7.0, 6.0, self.male), 1.5, Trait::UpperLip).max(2.5) * thinner,
            lower: self.measure(mix(9.5, 8.4, self.male), 1.8, Trait::LowerLip).max(3.5) * thinner,
            bow: self.measure(1.5, 0.8, Trait::LipBow).max(0.0),
            lift: 4.2 * smile - 1.2 * self.old,
            gap: 9.0 * open,
            smile,
        }
    }

    fn ear(&self) -> Ear {
        Ear {
            half_height: self.measure(30.0, 2.6, Trait::EarSize) * (1.0 + 0.08 * self.old),
            flare: self.measure(9.0, 4.0, Trait::EarAngle).max(2.0),
        }
    }
}
