//! Heritable traits of a person, as numbers.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Declares the traits once, with their order.
macro_rules! traits {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Heritable trait of a face.
        ///
        /// Its value is the number of standard deviations above the mean of all people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Trait {
            $($(#[$doc])* $name,)*
        }

        impl Trait {
            /// All traits.
            pub(super) const ALL: [Self; [$(stringify!($name)),*].len()] = [$(Self::$name),*];
        }
    };
}

traits! {
    /// Width of the head at the cheekbones.
    HeadWidth,
    /// Distance from the eyes to the crown.
    HeadHeight,
    /// Width at the temples.
    Temples,
    /// Width of the lower jaw.
    Jaw,
    /// Distance from the mouth to the chin.
    ChinLength,
    /// Width of the chin.
    ChinWidth,
    /// Protrusion of the chin.
    ChinDepth,
    /// Protrusion of the cheekbones.
    Cheekbones,
    /// Roundness of the cheeks.
    Cheeks,
    /// Distance between the eyes.
    EyeDistance,
    /// Width of the eyes.
    EyeWidth,
    /// Opening of the lids.
    EyeOpening,
    /// Height of the outer corner of an eye above the inner.
    EyeTilt,
    /// Depth of the eyes.
    EyeDepth,
    /// Distance of the fold of the upper lid from its edge.
    LidFold,
    /// Distance of the brows from the eyes.
    BrowHeight,
    /// Thickness of the brows.
    BrowThickness,
    /// Arch of the brows.
    BrowArch,
    /// Height of the outer end of a brow above the inner.
    BrowTilt,
    /// Length of the nose.
    NoseLength,
    /// Protrusion of the nose.
    NoseDepth,
    /// Width of the nose's ridge.
    NoseRidge,
    /// Bow of the nose's ridge.
    NoseHump,
    /// Width of the nostrils.
    NoseWidth,
    /// Roundness of the tip of the nose.
    NoseTip,
    /// Distance from the nose to the mouth.
    LipDistance,
    /// Width of the mouth.
    MouthWidth,
    /// Fullness of the upper lip.
    UpperLip,
    /// Fullness of the lower lip.
    LowerLip,
    /// Bow of the upper lip.
    LipBow,
    /// Size of the ears.
    EarSize,
    /// Protrusion of the ears.
    EarAngle,
    /// Darkness of the skin.
    Skin,
    /// Redness of the skin.
    Ruddiness,
    /// Freckles, which begin some way above the mean.
    Freckles,
    /// Darkness of the hair.
    Hair,
    /// Redness of the hair.
    RedHair,
    /// Waviness of the hair.
    HairWave,
    /// Height of the hairline.
    Hairline,
    /// Early graying and recession of the hair.
    Graying,
    /// Darkness of the eyes.
    EyeColor,
}

/// Standard deviation of the share that comes from neither parent.
const MUTATION: f32 = 0.35;

/// Heritable traits of a person.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Genome([f32; Trait::ALL.len()]);

impl Genome {
    /// Draws a person without drawn parents.
    ///
    /// `darkness` is that of the people of the same origin. Skin, hair and eyes follow it.
    pub(super) fn founder(darkness: f32, random: &mut ChaCha8Rng) -> Self {
        let mut genome = Self(std::array::from_fn(|_| normal(random)));
        for (color, share) in
            [(Trait::Skin, 0.9), (Trait::Hair, 0.6), (Trait::EyeColor, 0.7), (Trait::HairWave, 0.4)]
        {
            let value = &mut genome.0[color as usize];
            *value = share * darkness + (1.0 - share) * *value;
        }
        genome
    }

    /// Draws a child of two people.
    ///
    /// Each trait has more of one parent, more of the other, or about half of both. A little of
    /// each trait comes from neither parent.
    pub(super) fn child(father: &Self, mother: &Self, random: &mut ChaCha8Rng) -> Self {
        Self(std::array::from_fn(|i| {
            let share = [0.1, 0.5, 0.9][random.random_range(0..3)];
            share * father.0[i] + (1.0 - share) * mother.0[i] + MUTATION * normal(random)
        }))
    }

    /// Returns the value of a trait, within ±2.5 so that a face remains a face.
    pub(super) fn get(&self, heritable: Trait) -> f32 {
        self.0[heritable as usize].clamp(-2.5, 2.5)
    }
}

/// Draws an approximately normal number, with mean 0 and standard deviation 1.
///
/// It is the sum of twelve uniform numbers, which is the same on every machine.
pub(super) fn normal(random: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

#[cfg(test)]
impl Genome {
    /// Returns the root of the mean squared difference over all traits.
    pub(super) fn distance(&self, other: &Self) -> f32 {
        let squares = self.0.iter().zip(&other.0).map(|(a, b)| (a - b) * (a - b));
        (squares.sum::<f32>() / self.0.len() as f32).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_child_is_nearer_to_its_parents_than_to_strangers() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (mut kin, mut strangers) = (0.0, 0.0);
        for _ in 0..200 {
            let [father, mother, stranger] =
                std::array::from_fn(|_| Genome::founder(0.0, &mut random));
            let child = Genome::child(&father, &mother, &mut random);
            kin += child.distance(&father) + child.distance(&mother);
            strangers += 2.0 * child.distance(&stranger);
        }
        assert!(kin < 0.8 * strangers, "{kin} {strangers}");
    }

    #[test]
    fn both_parents_leave_their_traces() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let [father, mother] = [1.5, -1.5].map(|darkness| Genome::founder(darkness, &mut random));
        let skins: Vec<f32> = (0..60)
            .map(|_| Genome::child(&father, &mother, &mut random).get(Trait::Skin))
            .collect();
        let mean = skins.iter().sum::<f32>() / skins.len() as f32;
        assert!(mean.abs() < 0.4, "{mean}");
        assert!(skins.iter().any(|&skin| skin > 0.8) && skins.iter().any(|&skin| skin < -0.8));
    }
}
