//! Weighted, calibrated ensembles of pair classifiers.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::diagonal::DiagonalForm;
use super::{EnsembleConfig, Head, KinshipError, OpenSet, PairScore, Rows, read_head};

/// Maximum number of candidates in a batch.
///
/// The intermediate values of a batch then stay in a core's cache. They also stay below 65,536
/// values, from which candle uses threads of its own. Those threads wait for each other in a loop
/// (candle-core 0.11.1).
const MAX_BATCH: usize = 128;

/// Trained members with their weights.
pub struct Ensemble {
    config: EnsembleConfig,
    /// Heads in the order of the members.
    heads: Vec<MemberHead>,
    /// First member of each space. Its projection is shared by the other members in the space.
    spaces: Vec<usize>,
    backbones: usize,
    /// Scores of all members as one product per backbone.
    ///
    /// `None` if a member does not have that form.
    diagonal: Option<Vec<DiagonalForm>>,
    open_set: Option<OpenSet>,
}

struct MemberHead {
    head: Head,
    /// Index of its backbone.
    backbone: usize,
    /// Index of the ensemble's space in which it compares.
    space: usize,
}

impl Ensemble {
    /// Creates an ensemble over backbones with these names and widths.
    ///
    /// `weights` are safetensors, as returned by [`super::serialize_heads`].
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
        for member in &config.members {
            let width = backbones[member.backbone_index(backbones)?].1;
            heads.push(read_head(&member.name, &member.head, width, weights)?);
        }
        let open_set = match &config.open_set {
            Some(open_set) => {
                let tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu)?;
                Some(OpenSet::new(open_set.clone(), backbones, &tensors.into_iter().collect())?)
            }
            None => None,
        };
        Ok(Self { open_set, ..Self::from_heads(config, backbones, heads)? })
    }

    /// Creates an ensemble of these heads, without an open-set model.
    ///
    /// The heads are in the order of the members.
    ///
    /// # Errors
    /// [`KinshipError::NoBackbone`] if a member's backbone is not among `backbones`.
    pub fn from_heads(
        config: EnsembleConfig,
        backbones: &[(&str, usize)],
        members: Vec<Head>,
    ) -> Result<Self, KinshipError> {
        let mut heads = Vec::<MemberHead>::new();
        let mut spaces = Vec::<usize>::new();
        for (i, (member, head)) in config.members.iter().zip(members).enumerate() {
            let backbone = member.backbone_index(backbones)?;
            let head = head.folded()?;
            let mut space = spaces.len();
            for (known, &first) in spaces.iter().enumerate() {
                let first = &heads[first];
                if first.backbone == backbone && head.shares_space(&first.head)? {
                    space = known;
                }
            }
            if space == spaces.len() {
                spaces.push(i);
            }
            heads.push(MemberHead { head, backbone, space });
        }
        let diagonal = diagonal(&config, &heads, backbones)?;
        let backbones = backbones.len();
        Ok(Self { config, heads, spaces, backbones, diagonal, open_set: None })
    }

    /// Returns the configuration of the ensemble.
    pub fn config(&self) -> &EnsembleConfig {
        &self.config
    }

    /// Returns the model for open-set identification by this ensemble.
    ///
    /// Returns `None` if the bundle is from before this model existed.
    pub fn open_set(&self) -> Option<&OpenSet> {
        self.open_set.as_ref()
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
        for (i, row) in scores.chunks_exact_mut(b[0].count()).enumerate() {
            let probe: Vec<Rows> =
                a.iter().map(|rows| rows.select([i])).collect::<Result<_, _>>()?;
            let pairs = self.score_pairs(&probe, b)?;
            row.iter_mut().zip(pairs).for_each(|(score, pair)| *score = pair.score as f32);
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
    pub fn score_pairs(
        &self,
        probe: &[Rows],
        candidates: &[Rows],
    ) -> Result<Vec<PairScore>, KinshipError> {
        self.check_backbones([probe, candidates])?;
        let batches = candidates[0].count().div_ceil(MAX_BATCH);
        // A single photo is compared in every batch.
        let single = (probe[0].count() == 1).then(|| self.project(probe, 0, 1)).transpose()?;
        let scores: Result<Vec<Vec<PairScore>>, KinshipError> = (0..batches)
            .into_par_iter()
            .map(|batch| {
                let probe = match &single {
                    Some(single) => single,
                    None => &self.project(probe, batch, batches)?,
                };
                self.compare(probe, &self.project(candidates, batch, batches)?)
            })
            .collect();
        Ok(scores?.concat())
    }

    /// Projects a batch of the embeddings of one side into each of the spaces, on all threads.
    ///
    /// Each space lays out its weights for the product once.
    fn project(
        &self,
        side: &[Rows],
        batch: usize,
        batches: usize,
    ) -> Result<Vec<Tensor>, KinshipError> {
        self.spaces
            .par_iter()
            .map(|&first| {
                let MemberHead { head, backbone, .. } = &self.heads[first];
                head.project(&side[*backbone].chunk_tensor(batch, batches)?)
            })
            .collect()
    }

    /// Runs [`Self::score_pairs`] on two projected sides, on all threads member by member.
    fn compare(
        &self,
        probe: &[Tensor],
        candidates: &[Tensor],
    ) -> Result<Vec<PairScore>, KinshipError> {
        let scores: Result<Vec<Vec<f64>>, KinshipError> = self
            .heads
            .par_iter()
            .map(|member| member.head.compare(&probe[member.space], &candidates[member.space]))
            .collect();
        let mut pairs = Vec::new();
        for (scores, member) in scores?.into_iter().zip(&self.config.members) {
            pairs.resize_with(scores.len(), PairScore::default);
            for (pair, score) in pairs.iter_mut().zip(scores) {
                let log_odds = member.calibration.log_odds(score);
                pair.score += member.weight * log_odds;
                pair.members.push(log_odds);
            }
        }
        for pair in &mut pairs {
            pair.log_odds = self.config.calibration.log_odds(pair.score);
        }
        Ok(pairs)
    }
}

/// Returns the scores of all members as one product per backbone.
///
/// Returns `None` if a member does not have that form.
fn diagonal(
    config: &EnsembleConfig,
    heads: &[MemberHead],
    backbones: &[(&str, usize)],
) -> Result<Option<Vec<DiagonalForm>>, KinshipError> {
    let mut forms: Vec<DiagonalForm> =
        backbones.iter().map(|(_, dimension)| DiagonalForm::zero(*dimension)).collect();
    for (head, member) in heads.iter().zip(&config.members) {
        if !forms[head.backbone].add(&head.head, member.calibration, member.weight)? {
            return Ok(None);
        }
    }
    Ok(Some(forms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinship::{Calibration, MemberConfig, serialize_heads};
    use crate::train::{KinRows, KinSpace, Recipe};

    fn rows(seed: usize, count: usize) -> Rows {
        let value = |i: usize| ((i * 37 + seed * 101) % 97) as f32 / 48.0 - 1.0;
        let values: Vec<f32> = (0..count * 6).map(value).collect();
        Rows::new(values.chunks(6)).unwrap()
    }

    fn ensemble() -> Ensemble {
        let kin = KinRows { first: rows(1, 40), second: rows(2, 40), weights: vec![1.0; 40] };
        let space = &KinSpace::fit(&kin, &[0.5]).unwrap()[0];
        let recipes = ["vggface-2", "inception", Recipe::COSINE].map(|n| Recipe::named(n).unwrap());
        let heads = recipes.clone().map(|recipe| recipe.head(space, 3).unwrap());
        let named = recipes.iter().map(|recipe| recipe.name).zip(&heads);
        let weights = serialize_heads(named).unwrap();
        let calibration = Calibration { slope: 1.0, intercept: 0.0 };
        let members = recipes.map(|recipe| MemberConfig {
            name: recipe.name.to_owned(),
            backbone: "any".to_owned(),
            weight: 1.0 / 3.0,
            calibration,
            head: recipe.head,
        });
        let config = EnsembleConfig {
            calibration,
            kin_threshold: 0.5,
            false_accept_rate: 0.05,
            same_person_threshold: 0.5,
            members: members.into(),
            open_set: None,
        };
        Ensemble::new(config, &[("any", 6)], &weights).unwrap()
    }

    #[test]
    fn many_photos_have_the_scores_of_each_alone() {
        let (ensemble, count) = (ensemble(), 2 * MAX_BATCH + 3);
        let (probe, probes, others) = ([rows(3, 1)], [rows(4, count)], [rows(5, count)]);
        let with_one = ensemble.score_pairs(&probe, &others).unwrap();
        let pairs = ensemble.score_pairs(&probes, &others).unwrap();
        assert_eq!((with_one.len(), pairs.len()), (count, count));
        for i in [0, MAX_BATCH - 1, MAX_BATCH, count - 1] {
            let alone = |side: &[Rows]| [side[0].select([i]).unwrap()];
            for (found, first) in [(&with_one[i], &probe), (&pairs[i], &alone(&probes))] {
                let expected = &ensemble.score_pairs(first, &alone(&others)).unwrap()[0];
                let apart = (found.log_odds - expected.log_odds).abs();
                assert!(apart < 1e-5, "{i}: {found:?} {expected:?}");
            }
        }
        assert!(ensemble.score_pairs(&probes, &[rows(5, count - 1)]).is_err());
    }
}
