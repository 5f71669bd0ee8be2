//! Members that judge together.

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Head, HeadConfig, KinshipError, Rows};

/// Candidates that are judged at once, at most: what is made of them on the way stays in a core's cache, and is below
/// what candle would spread over threads of its own, which wait for each other in a loop (from 65,536 values on;
/// candle-core 0.11.1).
const AT_ONCE: usize = 128;

/// What an ensemble is made of, but for its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleConfig {
    /// The members' scores, joined, as the log odds of kinship.
    pub calibration: Calibration,
    /// From this probability on two people are taken for kin.
    pub kin_threshold: f64,
    /// The share of pairs of strangers that is above it, measured on families that no member saw.
    pub false_accept_rate: f64,
    /// From this cosine in the retrieval space on two photos are taken for the same person's.
    pub same_person_threshold: f64,
    /// The members.
    #[serde(rename = "member")]
    pub members: Vec<MemberConfig>,
}

/// A member of an ensemble, but for its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberConfig {
    /// What it is called; unique in the ensemble.
    pub name: String,
    /// The backbone whose embeddings it compares.
    pub backbone: String,
    /// Its share in the joined score; the shares sum up to 1.
    pub weight: f64,
    /// Its own score as the log odds of kinship.
    pub calibration: Calibration,
    /// What it is made of.
    pub head: HeadConfig,
}

/// log odds = slope · score + intercept (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What a score of one more adds.
    pub slope: f64,
    /// The log odds at a score of 0.
    pub intercept: f64,
}

/// Trained members with their weights.
pub struct Ensemble {
    config: EnsembleConfig,
    /// In the order of the members.
    heads: Vec<PlacedHead>,
    /// Per space the first member that compares in it: what that projects serves the others, too.
    spaces: Vec<usize>,
    backbones: usize,
}

struct PlacedHead {
    head: Head,
    /// Place of its backbone.
    backbone: usize,
    /// Which of the ensemble's spaces it compares in.
    space: usize,
}

/// What an ensemble says of two photos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Log odds that they are of kin, if half of all pairs were; [`super::probability`] makes a probability of it.
    pub log_odds: f64,
    /// The same by each member alone, in the order of the members.
    pub members: Vec<f64>,
}

impl Calibration {
    /// The calibrated log odds of a score.
    pub fn log_odds(self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }
}

impl Judgement {
    /// Adds `share` of another one, to make a mean.
    pub fn add(&mut self, other: &Self, share: f64) {
        self.log_odds += share * other.log_odds;
        self.members.resize(other.members.len(), 0.0);
        self.members.iter_mut().zip(&other.members).for_each(|(sum, own)| *sum += share * own);
    }
}

impl Ensemble {
    /// An ensemble over the backbones of these names and widths; `weights` are safetensors, as [`Self::weights`] gives
    /// them.
    ///
    /// # Errors
    /// When a member's backbone is none of those, or the weights are not those of the members.
    pub fn new(
        config: EnsembleConfig,
        backbones: &[(&str, usize)],
        weights: &[u8],
    ) -> Result<Self, KinshipError> {
        let (mut heads, mut spaces) = (Vec::<PlacedHead>::new(), Vec::<usize>::new());
        for (at, MemberConfig { name, backbone, head, .. }) in config.members.iter().enumerate() {
            let place = backbones.iter().position(|(known, _)| known == backbone);
            let (member, named) = (name.clone(), backbone.clone());
            let backbone = place.ok_or(KinshipError::NoBackbone { member, backbone: named })?;
            let head = Self::head(name, backbones[backbone].1, (head, weights))?.folded()?;
            let mut space = spaces.len();
            for (known, &first) in spaces.iter().enumerate() {
                let first: &PlacedHead = &heads[first];
                if first.backbone == backbone && head.shares_space(&first.head)? {
                    space = known;
                }
            }
            if space == spaces.len() {
                spaces.push(at);
            }
            heads.push(PlacedHead { head, backbone, space });
        }
        Ok(Self { config, heads, spaces, backbones: backbones.len() })
    }

    /// The head of one member, for embeddings of `dimension` values, of [`Self::weights`].
    ///
    /// # Errors
    /// When the weights are not that head's.
    pub fn head(
        member: &str,
        dimension: usize,
        (config, weights): (&HeadConfig, &[u8]),
    ) -> Result<Head, KinshipError> {
        let tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu)?;
        let prefix = format!("{member}/");
        let own = |(name, tensor): (String, Tensor)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), tensor))
        };
        Head::new(config.clone(), dimension, tensors.into_iter().filter_map(own).collect())
    }

    /// The weights of heads by their members' names, as safetensors.
    ///
    /// # Errors
    /// When they cannot be written down.
    pub fn weights<'a>(
        members: impl IntoIterator<Item = (&'a str, &'a Head)>,
    ) -> Result<Vec<u8>, KinshipError> {
        let mut tensors = Vec::new();
        for (member, head) in members {
            for (name, tensor) in head.tensors() {
                tensors.push((format!("{member}/{name}"), tensor));
            }
        }
        Ok(safetensors::serialize(tensors, None).map_err(candle_core::Error::from)?)
    }

    /// What the ensemble is made of.
    pub fn config(&self) -> &EnsembleConfig {
        &self.config
    }

    /// Judges one photo beside each of n others, in their order, or n photos each beside the other of its pair. Both
    /// sides have embeddings by every backbone: `(1, d)` or `(n, d)`, and `(n, d)`. The same whichever of two photos is
    /// the probe.
    ///
    /// # Errors
    /// When the embeddings are not those of the ensemble's backbones.
    pub fn judge(
        &self,
        probe: &[Rows],
        candidates: &[Rows],
    ) -> Result<Vec<Judgement>, KinshipError> {
        for found in [probe.len(), candidates.len()] {
            if found != self.backbones {
                return Err(KinshipError::OtherBackbones { expected: self.backbones, found });
            }
        }
        let parts = candidates[0].count().div_ceil(AT_ONCE);
        // One photo goes with every part.
        let single = (probe[0].count() == 1).then(|| self.projected(probe, (0, 1))).transpose()?;
        let part = |at: usize| {
            let probe = match &single {
                Some(single) => single,
                None => &self.projected(probe, (at, parts))?,
            };
            self.compare(probe, &self.projected(candidates, (at, parts))?)
        };
        let judged: Result<Vec<Vec<Judgement>>, KinshipError> =
            (0..parts).into_par_iter().map(part).collect();
        Ok(judged?.concat())
    }

    /// The embeddings of a side in each of the spaces, on all threads: each lays out its weights for the product once.
    fn projected(
        &self,
        side: &[Rows],
        (part, parts): (usize, usize),
    ) -> Result<Vec<Tensor>, KinshipError> {
        let project = |&first: &usize| {
            let PlacedHead { head, backbone, .. } = &self.heads[first];
            head.project(&side[*backbone].chunk_tensor(part, parts)?)
        };
        self.spaces.par_iter().map(project).collect()
    }

    /// [`Self::judge`] of two sides in each of the spaces, on all threads member by member.
    fn compare(
        &self,
        probe: &[Tensor],
        candidates: &[Tensor],
    ) -> Result<Vec<Judgement>, KinshipError> {
        let compare = |PlacedHead { head, space, .. }: &PlacedHead| {
            head.compare(&probe[*space], &candidates[*space])
        };
        let scores: Result<Vec<Vec<f64>>, KinshipError> =
            self.heads.par_iter().map(compare).collect();
        let mut judged = Vec::new();
        for (scores, member) in scores?.into_iter().zip(&self.config.members) {
            judged.resize_with(scores.len(), Judgement::default);
            for (judgement, score) in judged.iter_mut().zip(scores) {
                let log_odds = member.calibration.log_odds(score);
                judgement.log_odds += member.weight * log_odds;
                judgement.members.push(log_odds);
            }
        }
        for judgement in &mut judged {
            judgement.log_odds = self.config.calibration.log_odds(judgement.log_odds);
        }
        Ok(judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinship::{KinRows, KinSpace, Recipe};

    fn rows(seed: usize, count: usize) -> Rows {
        let value = |at: usize| ((at * 37 + seed * 101) % 97) as f32 / 48.0 - 1.0;
        let values: Vec<f32> = (0..count * 6).map(value).collect();
        Rows::new(values.chunks(6)).unwrap()
    }

    fn ensemble() -> Ensemble {
        let kin = KinRows { first: rows(1, 40), second: rows(2, 40), weights: vec![1.0; 40] };
        let space = &KinSpace::fit(&kin, &[0.5]).unwrap()[0];
        let recipes = ["vggface-2", "inception", Recipe::COSINE].map(|n| Recipe::named(n).unwrap());
        let heads = recipes.clone().map(|recipe| recipe.head(space, 3).unwrap());
        let named = recipes.iter().map(|recipe| recipe.name).zip(&heads);
        let weights = Ensemble::weights(named).unwrap();
        let calibration = Calibration { slope: 1.0, intercept: 0.0 };
        let member = |recipe: Recipe| {
            let (name, backbone) = (recipe.name.to_owned(), "any".to_owned());
            MemberConfig { name, backbone, weight: 1.0 / 3.0, calibration, head: recipe.head }
        };
        let config = EnsembleConfig {
            calibration,
            kin_threshold: 0.5,
            false_accept_rate: 0.05,
            same_person_threshold: 0.5,
            members: recipes.map(member).into(),
        };
        Ensemble::new(config, &[("any", 6)], &weights).unwrap()
    }

    #[test]
    fn many_photos_are_judged_in_their_order_and_as_each_alone() {
        let (ensemble, count) = (ensemble(), 2 * AT_ONCE + 3);
        let (probe, probes, others) = ([rows(3, 1)], [rows(4, count)], [rows(5, count)]);
        let beside_one = ensemble.judge(&probe, &others).unwrap();
        let pairs = ensemble.judge(&probes, &others).unwrap();
        assert_eq!((beside_one.len(), pairs.len()), (count, count));
        for at in [0, AT_ONCE - 1, AT_ONCE, count - 1] {
            let alone = |side: &[Rows]| [side[0].select([at]).unwrap()];
            for (found, first) in [(&beside_one[at], &probe), (&pairs[at], &alone(&probes))] {
                let expected = &ensemble.judge(first, &alone(&others)).unwrap()[0];
                let apart = (found.log_odds - expected.log_odds).abs();
                assert!(apart < 1e-5, "{at}: {found:?} {expected:?}");
            }
        }
        assert!(ensemble.judge(&probes, &[rows(5, count - 1)]).is_err());
    }
}
