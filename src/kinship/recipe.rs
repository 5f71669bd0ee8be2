//! Heads by name: what people have trained before, and what works best on frozen embeddings.

use super::{DEFAULT_RIDGE, Fusion, Head, HeadConfig, KinSpace, KinshipError, Learning, Space};

/// A head with a name and the way it learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// What it is called.
    pub name: &'static str,
    /// What it is made of.
    pub head: HeadConfig,
    /// How it is trained.
    pub training: Training,
}

/// How a head gets its weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Training {
    /// They follow from the space, or there are none.
    None,
    /// By gradient steps until the validation families no longer improve.
    Gradient(Learning),
    /// In closed form, with this penalty per pair.
    Ridge(f64),
}

const LIKELIHOOD: &str = "likelihood";

/// For heads on frozen embeddings.
const LEARNING: Learning =
    Learning { learning_rate: 1e-3, weight_decay: 0.1, feature_dropout: 0.2, hidden_dropout: 0.5 };

/// For the contrastive space.
const SPACE_LEARNING: Learning =
    Learning { learning_rate: 1e-3, weight_decay: 0.01, feature_dropout: 0.3, hidden_dropout: 0.0 };

impl Recipe {
    /// The names of all recipes. The first is the floor that every other member is compared with. The next six are those of
    /// the ensemble that this project comes from: four ways to combine the embeddings of a VGGFace network, a Siamese network,
    /// and an Inception network.
    pub const NAMES: [&str; 11] = [
        Self::REGRESSION,
        "vggface-1",
        "vggface-2",
        "vggface-3",
        "vggface-4",
        "siamese",
        "inception",
        "comparison",
        LIKELIHOOD,
        "contrastive",
        Self::COSINE,
    ];

    /// The name of the cosine of the backbone's own embeddings: it learns nothing, and is a member of every ensemble, so
    /// that none is worse than it for want of members.
    pub const COSINE: &str = "cosine";

    /// The name of the plain logistic regression, which is trained with every ensemble: what does not beat it on sources that
    /// were left out is not in a bundle.
    pub const REGRESSION: &str = "regression";

    /// The recipe of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        use Fusion::*;
        if name == Self::REGRESSION {
            let training = Training::Ridge(DEFAULT_RIDGE);
            return Some(Self { name: Self::REGRESSION, head: HeadConfig::regression(), training });
        }
        let correlated: (&[Fusion], &[usize]) = match name {
            "vggface-1" => (&[Product, SquaredDifference], &[100]),
            "vggface-2" => (&[DifferenceOfSquares, SquaredDifference], &[100]),
            "vggface-3" => (&[SquaredDifference, DifferenceOfSquares, Product], &[100]),
            "vggface-4" => (&[Cosine, DifferenceOfSquares, SquaredDifference], &[100]),
            "siamese" => (&[AbsoluteDifference], &[]),
            "inception" => (
                &[Sum, Difference, Product, SumOfSquares, SignedRoot, SquaredDifference],
                &[100, 25],
            ),
            "comparison" => (
                &[
                    SquaredDifference,
                    AbsoluteDifference,
                    Product,
                    SignedRoot,
                    AbsoluteDifferenceOfSquares,
                ],
                &[100],
            ),
            LIKELIHOOD => (&[SumOfSquares, Product], &[]),
            "contrastive" | Self::COSINE => (&[Cosine], &[]),
            _ => return None,
        };
        let (fusions, hidden) = correlated;
        let space = match name {
            "contrastive" => Space::Contrastive,
            Self::COSINE => Space::Backbone,
            _ => Space::Correlated,
        };
        let mix = (name == "inception").then_some(128);
        let head = HeadConfig { space, fusions: fusions.to_vec(), mix, hidden: hidden.to_vec() };
        let name = Self::NAMES.into_iter().find(|known| *known == name)?;
        let training = match space {
            _ if name == LIKELIHOOD => Training::None,
            Space::Backbone => Training::None,
            Space::Contrastive => Training::Gradient(SPACE_LEARNING),
            Space::Correlated => Training::Gradient(LEARNING),
        };
        Some(Self { name, head, training })
    }

    /// The head before it has learned, by `seed`: where it learns nothing, for good.
    ///
    /// # Errors
    /// When its tensors cannot be allocated.
    pub fn head(&self, space: &KinSpace, seed: u64) -> Result<Head, KinshipError> {
        match self.name {
            LIKELIHOOD => Head::likelihood_ratio(space),
            _ => Head::initial(&self.head, space, seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_recipe_and_no_other_has() {
        for name in Recipe::NAMES {
            assert_eq!(Recipe::named(name).map(|recipe| recipe.name), Some(name));
        }
        assert_eq!(Recipe::named("vggface-5"), None);
    }
}
