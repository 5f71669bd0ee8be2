//! What a person inherits, as numbers.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Declares the traits once, with their order.
macro_rules! traits {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Something about a face that runs in families. Its value is how many standard deviations someone is above the
        /// mean of all people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Trait {
            $($(#[$doc])* $name,)*
        }

        impl Trait {
            /// Every trait.
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
    /// How far the chin stands out.
    ChinDepth,
    /// How far the cheekbones stand out.
    Cheekbones,
    /// How round the cheeks are.
    Cheeks,
    /// Distance between the eyes.
    EyeDistance,
    /// Width of the eyes.
    EyeWidth,
    /// How far the lids open.
    EyeOpening,
    /// How much higher the outer corner of an eye is than the inner.
    EyeTilt,
    /// How deep the eyes lie.
    EyeDepth,
    /// How far the fold of the upper lid is from its edge.
    LidFold,
    /// Distance of the brows from the eyes.
    BrowHeight,
    /// Thickness of the brows.
    BrowThickness,
    /// How much the brows are arched.
    BrowArch,
    /// How much higher the outer end of a brow is than the inner.
    BrowTilt,
    /// Length of the nose.
    NoseLength,
    /// How far the nose stands out.
    NoseDepth,
    /// Width of the nose's ridge.
    NoseRidge,
    /// How much the nose's ridge is bowed.
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
    /// How much the upper lip is bowed.
    LipBow,
    /// Size of the ears.
    EarSize,
    /// How far the ears stand off.
    EarAngle,
    /// Darkness of the skin.
    Skin,
    /// Redness of the skin.
    Ruddiness,
    /// Freckles, from some way above the mean on.
    Freckles,
    /// Darkness of the hair.
    Hair,
    /// Redness of the hair.
    RedHair,
    /// How wavy the hair is.
    HairWave,
    /// Height of the hairline.
    Hairline,
    /// How early hair turns grey and recedes.
    Greying,
    /// Darkness of the eyes.
    EyeColor,
}

/// Standard deviation of what is neither parent's.
const MUTATION: f32 = 0.35;

/// The heritable traits of a person.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Genome([f32; Trait::ALL.len()]);

impl Genome {
    /// Someone whose parents are not drawn. `darkness` is how dark people are where they come from; skin, hair and eyes
    /// go with it.
    pub(super) fn founder(darkness: f32, random: &mut ChaCha8Rng) -> Self {
        let mut genome = Self(std::array::from_fn(|_| normal(random)));
        for (colour, share) in
            [(Trait::Skin, 0.9), (Trait::Hair, 0.6), (Trait::EyeColor, 0.7), (Trait::HairWave, 0.4)]
        {
            let own = &mut genome.0[colour as usize];
            *own = share * darkness + (1.0 - share) * *own;
        }
        genome
    }

    /// A child of two people: of each trait it has more of the one's or of the other's or about half of both, and a
    /// little that is nobody's.
    pub(super) fn child(father: &Self, mother: &Self, random: &mut ChaCha8Rng) -> Self {
        let inherit = |at: usize| {
            let share = [0.1, 0.5, 0.9][random.random_range(0..3)];
            share * father.0[at] + (1.0 - share) * mother.0[at] + MUTATION * normal(random)
        };
        Self(std::array::from_fn(inherit))
    }

    /// The value of a trait; within ±2.5, so that a face stays a face.
    pub(super) fn get(&self, of: Trait) -> f32 {
        self.0[of as usize].clamp(-2.5, 2.5)
    }
}

/// About normal, with mean 0 and standard deviation 1: the sum of twelve uniform numbers, which is the same on every
/// machine.
pub(super) fn normal(random: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0
}

#[cfg(test)]
impl Genome {
    /// Root of the mean squared difference over all traits.
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
