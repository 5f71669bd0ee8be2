//! Weighted, calibrated ensembles of pair classifiers.

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::diagonal::DiagonalForm;
use super::open_set::{OpenSet, OpenSetConfig, OpenSetScorer};
use super::{Head, HeadConfig, KinshipError, Rows};

/// Maximum number of candidates that are scored at once.
///
/// The intermediate values of a batch then stay in a core's cache. They also stay below 65,536
/// values, from which candle uses threads of its own. Those threads wait for each other in a loop
/// (candle-core 0.11.1).
const AT_ONCE: usize = 128;

/// Configuration of an ensemble, without its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleConfig {
    /// Calibration of the weighted score of all members to the log odds of kinship.
    pub calibration: Calibration,
    /// Minimum probability at which two people count as kin.
    pub kin_threshold: f64,
    /// Share of stranger pairs above the kin threshold.
    ///
    /// It is measured on families that no member was trained on.
    pub false_accept_rate: f64,
    /// Minimum cosine in the retrieval space at which two photos count as one person's.
    pub same_person_threshold: f64,
    /// The members.
    #[serde(rename = "member")]
    pub members: Vec<MemberConfig>,
    /// Model for searches among many people; `None` in bundles from before this model existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_set: Option<OpenSetConfig>,
}

/// Configuration of a member, without its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberConfig {
    /// Name of the member, unique in the ensemble.
    pub name: String,
    /// Name of the backbone of the embeddings that the member compares.
    pub backbone: String,
    /// Share in the ensemble's score; the shares sum up to 1.
    pub weight: f64,
    /// Calibration of the member's score to the log odds of kinship.
    pub calibration: Calibration,
    /// Configuration of the head.
    pub head: HeadConfig,
}

/// Linear calibration: log odds = slope · score + intercept (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Log odds per unit of score.
    pub slope: f64,
    /// Log odds at a score of 0.
    pub intercept: f64,
}

/// Trained members with their weights.
pub struct Ensemble {
    config: EnsembleConfig,
    /// Heads in the order of the members.
    heads: Vec<PlacedHead>,
    /// First member of each space. Its projection is shared by the other members in the space.
    spaces: Vec<usize>,
    backbones: usize,
    /// Scores of all members as one product per backbone.
    ///
    /// `None` if a member does not have that form.
    diagonal: Option<Vec<DiagonalForm>>,
    open_set: Option<OpenSet>,
}

struct PlacedHead {
    head: Head,
    /// Index of its backbone.
    backbone: usize,
    /// Index of the ensemble's space in which it compares.
    space: usize,
}

/// Score of an ensemble for two photos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonScore {
    /// Weighted log odds of the members, before the ensemble's calibration.
    pub score: f64,
    /// Log odds of kinship, if half of all pairs were kin. [`super::probability`] converts them to
    /// a probability.
    pub log_odds: f64,
    /// Log odds by each member alone, in the order of the members.
    pub members: Vec<f64>,
}

impl EnsembleConfig {
    /// Creates an ensemble without members. Its log odds equal its score.
    pub fn uncalibrated() -> Self {
        Self {
            calibration: Calibration { slope: 1.0, intercept: 0.0 },
            kin_threshold: 0.5,
            false_accept_rate: 0.0,
            same_person_threshold: 1.0,
            members: Vec::new(),
            open_set: None,
        }
    }
}

impl Calibration {
    /// Returns the calibrated log odds of a score.
    pub fn log_odds(self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }
}

impl PersonScore {
    /// Adds `share` of `other`, to accumulate a mean.
    pub fn add(&mut self, other: &Self, share: f64) {
        self.score += share * other.score;
        self.log_odds += share * other.log_odds;
        self.members.resize(other.members.len(), 0.0);
        self.members.iter_mut().zip(&other.members).for_each(|(sum, own)| *sum += share * own);
    }
}

impl Ensemble {
    /// Creates an ensemble over backbones with these names and widths.
    ///
    /// `weights` are safetensors, as returned by [`Self::weights`].
    ///
    /// # Errors
    /// [`KinshipError::NoBackbone`] if a member's backbone is not among `backbones`.
    /// [`KinshipError::WrongShape`] if a tensor is missing or has another shape.
    /// [`KinshipError::NotFinite`] if a weight is not finite.
    /// [`KinshipError::Compute`] if `weights` cannot be read.
    pub fn new(
        config: EnsembleConfig,
        backbones: &[(&str, usize)],
        weights: &[u8],
    ) -> Result<Self, KinshipError> {
        let mut heads = Vec::new();
        for MemberConfig { name, backbone, head, .. } in &config.members {
            let width = backbones.iter().find(|(known, _)| known == backbone).map(|known| known.1);
            let width = width.ok_or_else(|| KinshipError::NoBackbone {
                member: name.clone(),
                backbone: backbone.clone(),
            })?;
            heads.push(Self::head(name, head, width, weights)?);
        }
        let open_set = match &config.open_set {
            Some(open_set) => {
                let tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu)?;
                Some(OpenSet::new(open_set.clone(), backbones, &tensors.into_iter().collect())?)
            }
            None => None,
        };
        Ok(Self { open_set, ..Self::of_heads(config, backbones, heads)? })
    }

    /// Creates an ensemble of these heads, without an open-set model.
    ///
    /// The heads are in the order of the members.
    ///
    /// # Errors
    /// [`KinshipError::NoBackbone`] if a member's backbone is not among `backbones`.
    pub fn of_heads(
        config: EnsembleConfig,
        backbones: &[(&str, usize)],
        members: Vec<Head>,
    ) -> Result<Self, KinshipError> {
        let mut heads = Vec::<PlacedHead>::new();
        let mut spaces = Vec::<usize>::new();
        for (at, (MemberConfig { name, backbone, .. }, head)) in
            config.members.iter().zip(members).enumerate()
        {
            let place = backbones.iter().position(|(known, _)| known == backbone);
            let backbone = place.ok_or_else(|| KinshipError::NoBackbone {
                member: name.clone(),
                backbone: backbone.clone(),
            })?;
            let head = head.folded()?;
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
        let diagonal = diagonal(&config, &heads, backbones)?;
        let backbones = backbones.len();
        Ok(Self { config, heads, spaces, backbones, diagonal, open_set: None })
    }

    /// Reads the head of one member from [`Self::weights`], for embeddings of `dimension` values.
    ///
    /// # Errors
    /// [`KinshipError::WrongShape`] if a tensor is missing or has another shape.
    /// [`KinshipError::NotFinite`] if a weight is not finite.
    /// [`KinshipError::Compute`] if `weights` cannot be read.
    pub fn head(
        member: &str,
        config: &HeadConfig,
        dimension: usize,
        weights: &[u8],
    ) -> Result<Head, KinshipError> {
        let tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu)?;
        let prefix = format!("{member}/");
        let own = |(name, tensor): (String, Tensor)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), tensor))
        };
        Head::new(config.clone(), dimension, tensors.into_iter().filter_map(own).collect())
    }

    /// Serializes the weights of heads as safetensors, named by their members.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the weights cannot be serialized.
    pub fn weights<'a>(
        members: impl IntoIterator<Item = (&'a str, &'a Head)>,
    ) -> Result<Vec<u8>, KinshipError> {
        let tensors = head_tensors(members);
        Ok(safetensors::serialize(tensors, None).map_err(candle_core::Error::from)?)
    }

    /// As [`Self::weights`], with the tensors of an open-set model over these backbones.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be serialized.
    pub fn weights_with_open_set<'a>(
        members: impl IntoIterator<Item = (&'a str, &'a Head)>,
        open_set: &OpenSet,
        backbones: &[&str],
    ) -> Result<Vec<u8>, KinshipError> {
        let mut tensors = head_tensors(members);
        tensors.extend(open_set.tensors(backbones)?);
        Ok(safetensors::serialize(tensors, None).map_err(candle_core::Error::from)?)
    }

    /// Returns the configuration of the ensemble.
    pub fn config(&self) -> &EnsembleConfig {
        &self.config
    }

    /// Returns the scorer for open-set identification by this ensemble.
    ///
    /// Returns `None` if the bundle is from before this model existed.
    pub fn open_set(&self) -> Option<OpenSetScorer<'_>> {
        self.open_set.as_ref().map(|model| OpenSetScorer::new(self, model))
    }

    /// Returns the members' weighted log odds of each face of `a` with each of `b`.
    ///
    /// **Shape**: per backbone `(n, d)` and `(m, d)` → `(n, m)`.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn scores(&self, a: &[Rows], b: &[Rows]) -> Result<Vec<f32>, KinshipError> {
        self.check_backbones([a, b])?;
        let count = a[0].count();
        let mut scores = vec![0.0; count * b[0].count()];
        if let Some(forms) = &self.diagonal {
            for ((form, a), b) in forms.iter().zip(a).zip(b) {
                form.add_scores(a, b, &mut scores);
            }
            return Ok(scores);
        }
        for (i, scores) in scores.chunks_exact_mut(b[0].count()).enumerate() {
            let probe: Vec<Rows> =
                a.iter().map(|rows| rows.select([i])).collect::<Result<_, _>>()?;
            let judged = self.judge(&probe, b)?;
            scores.iter_mut().zip(judged).for_each(|(score, j)| *score = j.score as f32);
        }
        Ok(scores)
    }

    fn check_backbones(&self, sides: [&[Rows]; 2]) -> Result<(), KinshipError> {
        match sides.into_iter().map(<[Rows]>::len).find(|&found| found != self.backbones) {
            Some(found) => Err(KinshipError::OtherBackbones { expected: self.backbones, found }),
            None => Ok(()),
        }
    }

    /// Scores one photo with each of n others, or n pairs of photos.
    ///
    /// The results are in the order of `candidates`. The score does not depend on the order of a
    /// pair.
    ///
    /// **Shape**: per backbone, `(1, d)` or `(n, d)` for `probe`, and `(n, d)` for `candidates`.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn judge(
        &self,
        probe: &[Rows],
        candidates: &[Rows],
    ) -> Result<Vec<PersonScore>, KinshipError> {
        self.check_backbones([probe, candidates])?;
        let parts = candidates[0].count().div_ceil(AT_ONCE);
        // A single photo is compared in every batch.
        let single = (probe[0].count() == 1).then(|| self.projected(probe, 0, 1)).transpose()?;
        let part = |at: usize| {
            let probe = match &single {
                Some(single) => single,
                None => &self.projected(probe, at, parts)?,
            };
            self.compare(probe, &self.projected(candidates, at, parts)?)
        };
        let judged: Result<Vec<Vec<PersonScore>>, KinshipError> =
            (0..parts).into_par_iter().map(part).collect();
        Ok(judged?.concat())
    }

    /// Projects the embeddings of one side into each of the spaces, on all threads.
    ///
    /// Each space lays out its weights for the product once.
    fn projected(
        &self,
        side: &[Rows],
        part: usize,
        parts: usize,
    ) -> Result<Vec<Tensor>, KinshipError> {
        let project = |&first: &usize| {
            let PlacedHead { head, backbone, .. } = &self.heads[first];
            head.project(&side[*backbone].chunk_tensor(part, parts)?)
        };
        self.spaces.par_iter().map(project).collect()
    }

    /// Runs [`Self::judge`] on two projected sides, on all threads member by member.
    fn compare(
        &self,
        probe: &[Tensor],
        candidates: &[Tensor],
    ) -> Result<Vec<PersonScore>, KinshipError> {
        let compare = |PlacedHead { head, space, .. }: &PlacedHead| {
            head.compare(&probe[*space], &candidates[*space])
        };
        let scores: Result<Vec<Vec<f64>>, KinshipError> =
            self.heads.par_iter().map(compare).collect();
        let mut judged = Vec::new();
        for (scores, member) in scores?.into_iter().zip(&self.config.members) {
            judged.resize_with(scores.len(), PersonScore::default);
            for (judgement, score) in judged.iter_mut().zip(scores) {
                let log_odds = member.calibration.log_odds(score);
                judgement.score += member.weight * log_odds;
                judgement.members.push(log_odds);
            }
        }
        for judgement in &mut judged {
            judgement.log_odds = self.config.calibration.log_odds(judgement.score);
        }
        Ok(judged)
    }
}

/// Returns the tensors of heads, named by their members.
fn head_tensors<'a>(
    members: impl IntoIterator<Item = (&'a str, &'a Head)>,
) -> Vec<(String, Tensor)> {
    let named = |(member, head): (&'a str, &'a Head)| {
        head.tensors()
            .iter()
            .map(move |(name, tensor)| (format!("{member}/{name}"), tensor.clone()))
    };
    members.into_iter().flat_map(named).collect()
}

/// Returns the scores of all members as one product per backbone.
///
/// Returns `None` if a member does not have that form.
fn diagonal(
    config: &EnsembleConfig,
    heads: &[PlacedHead],
    backbones: &[(&str, usize)],
) -> Result<Option<Vec<DiagonalForm>>, KinshipError> {
    let mut forms: Vec<DiagonalForm> =
        backbones.iter().map(|(_, dimension)| DiagonalForm::zero(*dimension)).collect();
    for (placed, member) in heads.iter().zip(&config.members) {
        if !forms[placed.backbone].add(&placed.head, member.calibration, member.weight)? {
            return Ok(None);
        }
    }
    Ok(Some(forms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{KinRows, KinSpace, Recipe};

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
            open_set: None,
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
