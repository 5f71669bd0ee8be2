//! Heads by name: those of earlier work, and those that work best on frozen embeddings.

use super::kin_space::KinSpace;
use super::learner::Hyperparameters;
use super::regression::DEFAULT_RIDGE;
use crate::kinship::{Fusion, Head, HeadConfig, KinshipError, Space};

/// A named head and its training.
///
/// ```
/// use kindred::train::{Recipe, Training};
///
/// let cosine = Recipe::named(Recipe::COSINE).unwrap();
/// assert_eq!(cosine.training, Training::None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Name of the recipe.
    pub name: &'static str,
    /// Configuration of the head.
    pub head: HeadConfig,
    /// Training of the head.
    pub training: Training,
}

/// Source of a head's weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Training {
    /// The weights follow from the space, or there are none.
    None,
    /// Gradient steps until the validation families no longer improve.
    Gradient(Hyperparameters),
    /// Closed form, with this penalty per pair.
    Ridge(f64),
}

const LIKELIHOOD: &str = "likelihood";

/// Hyperparameters for heads on frozen embeddings.
const FROZEN_EMBEDDINGS: Hyperparameters = Hyperparameters {
    learning_rate: 1e-3,
    weight_decay: 0.1,
    feature_dropout: 0.2,
    hidden_dropout: 0.5,
};

/// Hyperparameters for the contrastive space.
const CONTRASTIVE_SPACE: Hyperparameters = Hyperparameters {
    learning_rate: 1e-3,
    weight_decay: 0.01,
    feature_dropout: 0.3,
    hidden_dropout: 0.0,
};

impl Recipe {
    /// Names of all recipes.
    ///
    /// The first is the baseline that every other member is compared with. The next six are those
    /// of the ensemble that this project comes from. Four of them are ways to combine the
    /// embeddings of a VGGFace network. The other two are a Siamese network and an Inception
    /// network.
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

    /// Name of the cosine of the backbone's own embeddings.
    ///
    /// It has no weights to train and is a member of every ensemble. So no ensemble is worse than
    /// the cosine for lack of members.
    pub const COSINE: &str = "cosine";

    /// Name of the plain logistic regression, which is trained with every ensemble.
    ///
    /// A bundle leaves out members that do not beat it on held-out sources.
    pub const REGRESSION: &str = "regression";

    /// Returns the recipe of this name.
    ///
    /// Returns `None` if the name is unknown.
    pub fn named(name: &str) -> Option<Self> {
        use Fusion::*;
        if name == Self::REGRESSION {
            let training = Training::Ridge(DEFAULT_RIDGE);
            return Some(Self { name: Self::REGRESSION, head: HeadConfig::regression(), training });
        }
        let (fusions, hidden): (&[Fusion], &[usize]) = match name {
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
            Space::Contrastive => Training::Gradient(CONTRASTIVE_SPACE),
            Space::Correlated => Training::Gradient(FROZEN_EMBEDDINGS),
        };
        Some(Self { name, head, training })
    }

    /// Returns the head before training, initialized by `seed`.
    ///
    /// It is the final head if the recipe has no training.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be allocated.
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
