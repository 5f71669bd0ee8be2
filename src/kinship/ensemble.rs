//! Members that judge together.

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Head, HeadConfig, KinshipError, Rows};

/// Candidates that are judged at once, at most: what is made of them on the way stays in a core's cache, and is below what candle
/// would spread over threads of its own, which wait for each other in a loop (from 65,536 values on; candle-core 0.11.1).
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

    /// Judges one photo beside each of n others, in their order, or n photos each beside the other of its pair. Both sides
    /// have embeddings by every backbone: `(1, d)` or `(n, d)`, and `(n, d)`. The same whichever of two photos is the probe.
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
        let count = candidates[0].len();
        let parts = count.div_ceil(AT_ONCE);
        let part = |at: usize| {
            let (start, end) = (at * count / parts, (at + 1) * count / parts);
            let own = |side: &[Rows]| {
                let rows = side.iter().map(|rows| match rows.len() {
                    1 => Ok(rows.clone()),
                    _ => rows.part(start, end - start),
                });
                rows.collect::<Result<Vec<Rows>, KinshipError>>()
            };
            self.judge_part(&own(probe)?, &own(candidates)?)
        };
        let judged: Result<Vec<Vec<Judgement>>, KinshipError> =
            (0..parts).into_par_iter().map(part).collect();
        Ok(judged?.concat())
    }

    /// [`Self::judge`], on all threads member by member: each lays out its weights for the product once.
    fn judge_part(
        &self,
        probe: &[Rows],
        candidates: &[Rows],
    ) -> Result<Vec<Judgement>, KinshipError> {
        let project = |&first: &usize| {
            let PlacedHead { head, backbone, .. } = &self.heads[first];
            Ok((head.project(&probe[*backbone])?, head.project(&candidates[*backbone])?))
        };
        let projected: Result<Vec<(Rows, Rows)>, KinshipError> =
            self.spaces.par_iter().map(project).collect();
        let projected = projected?;
        let compare = |PlacedHead { head, space, .. }: &PlacedHead| {
            let (probe, candidates) = &projected[*space];
            head.compare(probe, candidates)
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
