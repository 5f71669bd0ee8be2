//! Members that judge together.

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::diagonal::DiagonalForm;
use super::open_set::{OpenSet, OpenSetConfig, OpenSetScorer};
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
    /// What is needed to answer a search among many; `None` in bundles that were made before there was such a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_set: Option<OpenSetConfig>,
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
    /// Per backbone all members' scores as one product; `None` if a member has no such form.
    diagonal: Option<Vec<DiagonalForm>>,
    open_set: Option<OpenSet>,
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
    /// The members' weighted log odds, before the ensemble's calibration.
    pub score: f64,
    /// Log odds that they are of kin, if half of all pairs were; [`super::probability`] makes a probability of it.
    pub log_odds: f64,
    /// The same by each member alone, in the order of the members.
    pub members: Vec<f64>,
}

impl EnsembleConfig {
    /// An ensemble without members, whose score is its log odds.
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
    /// The calibrated log odds of a score.
    pub fn log_odds(self, score: f64) -> f64 {
        self.slope * score + self.intercept
    }
}

impl Judgement {
    /// Adds `share` of another one, to make a mean.
    pub fn add(&mut self, other: &Self, share: f64) {
        self.score += share * other.score;
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
        let mut heads = Vec::new();
        for MemberConfig { name, backbone, head, .. } in &config.members {
            let width = backbones.iter().find(|(known, _)| known == backbone).map(|known| known.1);
            let (member, named) = (name.clone(), backbone.clone());
            let width = width.ok_or(KinshipError::NoBackbone { member, backbone: named })?;
            heads.push(Self::head(name, width, (head, weights))?);
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

    /// An ensemble of these heads, in the order of the members, without open-set model.
    ///
    /// # Errors
    /// [`KinshipError::NoBackbone`] if a member's backbone is none of those.
    pub fn of_heads(
        config: EnsembleConfig,
        backbones: &[(&str, usize)],
        members: Vec<Head>,
    ) -> Result<Self, KinshipError> {
        let (mut heads, mut spaces) = (Vec::<PlacedHead>::new(), Vec::<usize>::new());
        for (at, (MemberConfig { name, backbone, .. }, head)) in
            config.members.iter().zip(members).enumerate()
        {
            let place = backbones.iter().position(|(known, _)| known == backbone);
            let (member, named) = (name.clone(), backbone.clone());
            let backbone = place.ok_or(KinshipError::NoBackbone { member, backbone: named })?;
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
        let tensors = head_tensors(members);
        Ok(safetensors::serialize(tensors, None).map_err(candle_core::Error::from)?)
    }

    /// As [`Self::weights`], with the tensors of an open-set model over the backbones of these names.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if they cannot be serialized.
    pub fn weights_with_open_set<'a>(
        members: impl IntoIterator<Item = (&'a str, &'a Head)>,
        open_set: &OpenSet,
        backbones: &[&str],
    ) -> Result<Vec<u8>, KinshipError> {
        let mut tensors = head_tensors(members);
        tensors.extend(open_set.tensors(backbones)?);
        Ok(safetensors::serialize(tensors, None).map_err(candle_core::Error::from)?)
    }

    /// What the ensemble is made of.
    pub fn config(&self) -> &EnsembleConfig {
        &self.config
    }

    /// Open-set identification by this ensemble; `None` if the bundle was made before there was a model for it.
    pub fn open_set(&self) -> Option<OpenSetScorer<'_>> {
        self.open_set.as_ref().map(|model| OpenSetScorer::new(self, model))
    }

    /// The members' weighted log odds of every face of `a` with every face of `b`: per backbone `(n, d)` and `(m, d)` → `(n, m)`.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's backbones.
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
        self.check_backbones([probe, candidates])?;
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

/// Heads' tensors, named by their members.
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

/// Per backbone all members' scores as one product; `None` if a member has no such form.
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
