//! Colors of a person.

use super::sitter::Sitter;
use super::vector::{Vec3, blend, curve, step};
use crate::domain::Sex;
use crate::synthetic::genome::Trait;

/// Reflectances for red, green and blue.
#[derive(Clone, Debug)]
pub(super) struct Coloring {
    pub(super) skin: Vec3,
    pub(super) lips: Vec3,
    pub(super) hair: Vec3,
    pub(super) brow: Vec3,
    pub(super) iris: Vec3,
    /// Amount of freckles, 0 to 1.
    pub(super) freckles: f32,
    pub(super) ruddiness: f32,
}

/// Table of 8-bit colors, by standard deviations of a trait above the mean.
type ColorTable<const N: usize> = [(f32, [f32; 3]); N];

const SKIN: ColorTable<6> = [
    (-2.0, [243.0, 208.0, 190.0]),
    (-1.0, [234.0, 191.0, 167.0]),
    (0.0, [218.0, 168.0, 139.0]),
    (0.9, [182.0, 129.0, 97.0]),
    (1.7, [124.0, 82.0, 60.0]),
    (2.5, [84.0, 54.0, 41.0]),
];

const HAIR: ColorTable<5> = [
    (-1.8, [214.0, 180.0, 122.0]),
    (-0.9, [158.0, 116.0, 74.0]),
    (-0.1, [98.0, 68.0, 45.0]),
    (0.8, [54.0, 38.0, 29.0]),
    (1.6, [30.0, 25.0, 23.0]),
];

const IRIS: ColorTable<5> = [
    (-1.6, [112.0, 146.0, 178.0]),
    (-0.8, [104.0, 124.0, 132.0]),
    (-0.2, [106.0, 104.0, 66.0]),
    (0.6, [88.0, 56.0, 32.0]),
    (1.5, [48.0, 29.0, 20.0]),
];

impl Coloring {
    /// Returns the colors of a person at their age.
    pub(super) fn new(sitter: &Sitter) -> Self {
        let genome = sitter.genome;
        let age = sitter.age;
        // Fair children darken.
        let darkness = genome.get(Trait::Hair) - 0.7 * step(16.0, 4.0, age);
        let mut hair = look_up(&HAIR, darkness);
        let red = step(0.9, 2.2, genome.get(Trait::RedHair)) * step(1.4, 0.2, darkness);
        hair = [
            hair[0] * (1.0 + 0.35 * red),
            hair[1] * (1.0 - 0.18 * red),
            hair[2] * (1.0 - 0.5 * red),
        ];
        let first_gray = 44.0 - 6.0 * genome.get(Trait::Graying);
        let gray = step(first_gray, first_gray + 32.0, age);
        // Women's lips are redder, painted or not.
        let plain = if sitter.sex == Sex::Female { step(16.0, 8.0, age) } else { 1.0 };
        let skin = look_up(&SKIN, genome.get(Trait::Skin));
        Self {
            skin,
            lips: [
                skin[0] * 0.80,
                skin[1] * (0.43 + 0.08 * plain),
                skin[2] * (0.46 + 0.08 * plain),
            ],
            hair: blend(hair, [0.52, 0.52, 0.53], 0.95 * gray),
            brow: blend(hair.map(|value| 0.42 * value), [0.3, 0.3, 0.3], 0.6 * gray),
            iris: look_up(&IRIS, genome.get(Trait::EyeColor)),
            freckles: step(0.6, 2.2, genome.get(Trait::Freckles))
                * step(0.6, -0.8, genome.get(Trait::Skin)),
            ruddiness: 0.5 + 0.22 * genome.get(Trait::Ruddiness),
        }
    }
}

fn look_up<const N: usize>(table: &ColorTable<N>, value: f32) -> Vec3 {
    std::array::from_fn(|channel| {
        let points = table.map(|(deviation, color)| [deviation, color[channel]]);
        reflectance(curve(&points, value))
    })
}

/// Returns the reflectance of an 8-bit value.
fn reflectance(value: f32) -> f32 {
    (value / 255.0) * (value / 255.0)
}
