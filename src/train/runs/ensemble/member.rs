//! Training of one member on one split.

use super::early_stopping::{EarlyStopping, Epoch, Next, TrainedHead};
use crate::dataset::{PairSampler, PhotoPair, Sampling};
use crate::domain::Outcome;
use crate::kinship::{Head, KinshipError, Rows, Space};
use crate::metrics::Ranking;
use crate::train::data::corpus::Corpus;
use crate::train::data::kin_pairs::kin_pairs;
use crate::train::data::split::Split;
use crate::train::head::kin_space::{KinRows, KinSpace};
use crate::train::head::learner::{Hyperparameters, Learner};
use crate::train::head::recipe::{Recipe, Training};

/// Member to be trained.
pub(crate) struct Task<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) split: &'a Split,
    pub(crate) recipe: Recipe,
    /// Index of the backbone.
    pub(crate) backbone: usize,
    pub(crate) seed: u64,
}

/// Trained member.
pub(crate) struct TrainedMember {
    pub(crate) recipe: &'static str,
    /// Index of the backbone.
    pub(crate) backbone: usize,
    pub(crate) head: Head,
    pub(crate) epochs: Vec<Epoch>,
}

/// Pairs per batch, half of them kin.
const BATCH: usize = 64;
/// Contrastive training steps between two evaluations on the validation families.
const CONTRAST_STEPS: usize = 25;
/// Candidate shrinkages of the kin space, for evaluation on the validation families.
const SHRINKAGES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 0.9];
/// Photo pairs of each kin pair for the evaluation of members.
pub(crate) const PROTOCOL_PAIRS: usize = 10;

/// Sampling of the pairs of one epoch.
pub(crate) const SAMPLING: Sampling = Sampling { per_family: 40, per_kin: 2, role_matched: 0.3 };

/// Sampling for the regression, which sees each pair once.
///
/// It contains the maximum number of photo pairs of each two kin, and all kin of a family.
const REGRESSION_SAMPLING: Sampling =
    Sampling { per_family: usize::MAX, per_kin: PROTOCOL_PAIRS, role_matched: 0.3 };

/// Pairs for the evaluation of a member, with their embeddings.
struct Validation {
    first: Rows,
    second: Rows,
    is_kin: Vec<bool>,
}

impl Task<'_> {
    /// Trains the member until `is_cancelled` returns `true`.
    pub(crate) fn train(
        &self,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Outcome<TrainedHead>, KinshipError> {
        let validation = self.validation()?;
        let space = self.kin_space(&validation)?;
        let head = self.recipe.head(&space, self.seed)?;
        let head = match self.recipe.training {
            Training::Gradient(hyperparameters) => {
                return self.train_by_gradient(head, &hyperparameters, &validation, is_cancelled);
            }
            Training::Ridge(ridge) => self.regression(ridge)?,
            Training::None => head,
        };
        let epoch = validation.evaluate(&head, None)?;
        Ok(Outcome::Finished(TrainedHead { head, epochs: vec![epoch] }))
    }

    /// Fits the plain regression on one epoch of many pairs.
    fn regression(&self, ridge_per_pair: f64) -> Result<Head, KinshipError> {
        let pairs = self.sampler(&self.split.train, 2).epoch(&REGRESSION_SAMPLING);
        if pairs.is_empty() {
            return Err(KinshipError::NoPairs { what: "training" });
        }
        let (first, second) = self.corpus.sides(self.backbone, &pairs)?;
        let is_kin: Vec<bool> = pairs.iter().map(|pair| pair.is_kin).collect();
        Head::fit_regression(&first, &second, &is_kin, ridge_per_pair)
    }

    /// Trains until the validation families no longer improve.
    fn train_by_gradient(
        &self,
        head: Head,
        hyperparameters: &Hyperparameters,
        validation: &Validation,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Outcome<TrainedHead>, KinshipError> {
        let is_contrastive = self.recipe.head.space == Space::Contrastive;
        let mut learner = if is_contrastive {
            Learner::of_space(&head, hyperparameters, self.seed)?
        } else {
            Learner::of_layers(&head, hyperparameters, self.seed)?
        };
        let epoch = validation.evaluate(&head, None)?;
        let mut early_stopping = EarlyStopping::new(head, epoch);
        let mut sampler = self.sampler(&self.split.train, 2);
        loop {
            if is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            let loss = if is_contrastive {
                self.contrast(&mut learner, &mut sampler)?
            } else {
                self.classify(&mut learner, &sampler.epoch(&SAMPLING))?
            };
            let head = learner.head()?;
            let epoch = validation.evaluate(&head, Some(loss))?;
            match early_stopping.record(head, epoch) {
                Next::Continue => {}
                Next::SlowDown => learner.set_learning_rate(learner.learning_rate() / 2.0),
                Next::Stop => return Ok(Outcome::Finished(early_stopping.finish())),
            }
        }
    }

    fn classify(&self, learner: &mut Learner, pairs: &[PhotoPair]) -> Result<f64, KinshipError> {
        let mut total = 0.0;
        for batch in pairs.chunks(BATCH) {
            let (first, second) = self.corpus.sides(self.backbone, batch)?;
            let is_kin: Vec<bool> = batch.iter().map(|pair| pair.is_kin).collect();
            total += learner.classify(&first, &second, &is_kin)? * batch.len() as f64;
        }
        Ok(total / pairs.len().max(1) as f64)
    }

    fn contrast(
        &self,
        learner: &mut Learner,
        sampler: &mut PairSampler<'_>,
    ) -> Result<f64, KinshipError> {
        let mut total = 0.0;
        for _ in 0..CONTRAST_STEPS {
            let pairs = sampler.one_per_family();
            let (first, second) = self.corpus.sides(self.backbone, &pairs)?;
            total += learner.contrast(&first, &second)?;
        }
        Ok(total / CONTRAST_STEPS as f64)
    }

    /// Returns the kin space of the training families with the best shrinkage.
    ///
    /// With it, the likelihood ratio has the highest AUC on the validation families.
    fn kin_space(&self, validation: &Validation) -> Result<KinSpace, KinshipError> {
        let mut sampler = self.sampler(&self.split.train, 0);
        let (kin, weights) = kin_pairs(&mut sampler, self.corpus.pedigree.families().len());
        if kin.is_empty() {
            return Err(KinshipError::NoPairs { what: "training" });
        }
        let (first, second) = self.corpus.sides(self.backbone, &kin)?;
        let spaces = KinSpace::fit(&KinRows { first, second, weights }, &SHRINKAGES)?;
        let mut evaluated: Vec<(f64, KinSpace)> = Vec::new();
        for space in spaces {
            let head = Head::likelihood_ratio(&space)?;
            evaluated.push((validation.evaluate(&head, None)?.validation_auc, space));
        }
        let best = evaluated.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b));
        best.map(|(_, space)| space).ok_or(KinshipError::NoPairs { what: "the kin space" })
    }

    fn validation(&self) -> Result<Validation, KinshipError> {
        let pairs = self.sampler(&self.split.validation, 1).protocol(PROTOCOL_PAIRS);
        if pairs.is_empty() {
            return Err(KinshipError::NoPairs { what: "validation" });
        }
        let (first, second) = self.corpus.sides(self.backbone, &pairs)?;
        let is_kin = pairs.iter().map(|pair| pair.is_kin).collect();
        Ok(Validation { first, second, is_kin })
    }

    fn sampler(&self, families: &[usize], purpose: u64) -> PairSampler<'_> {
        PairSampler::new(&self.corpus.pedigree, families, self.seed.wrapping_mul(3) + purpose)
    }
}

impl Validation {
    fn evaluate(&self, head: &Head, loss: Option<f64>) -> Result<Epoch, KinshipError> {
        let scores = head.scores(&self.first, &self.second)?;
        let curve = Ranking::new(&scores, &self.is_kin).curve();
        let no_pairs = KinshipError::NoPairs { what: "validation" };
        let auc = curve.roc_auc().ok_or(no_pairs)?;
        let threshold = curve.most_accurate_threshold().unwrap_or_default();
        let accuracy = curve.accuracy(threshold).unwrap_or_default();
        Ok(Epoch { loss, validation_auc: auc, validation_accuracy: accuracy })
    }
}
