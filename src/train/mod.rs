//! Training of the ensemble: members learn on some families, are joined and calibrated on others, and are judged by
//! families that served no other purpose.

mod axes;
mod charts;
mod checkpoint;
mod corpus;
mod course;
mod distil;
mod error;
mod faces;
mod fit;
mod judge;
mod kin_pairs;
mod member;
mod page;
mod point_views;
mod points;
mod report;
mod split;
mod stage_folder;
mod stage_report;
mod teach;
mod trunk;
mod unfreeze;
mod views;

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::domain::Progress;
use crate::kinship::{Ensemble, EnsembleConfig, MemberConfig, Recipe, probability};
use crate::metrics::Ranking;
pub use axes::{Widened, add_axes};
use checkpoint::Checkpoints;
pub use corpus::{Corpus, EmbeddedPhotos};
pub use course::Epoch;
pub use distil::{BATCH, begin_from, distil};
pub use error::TrainError;
pub use faces::{FaceFolder, KnownFace, load_faces};
use fit::{Combination, Fitted, Panel, Taught};
use judge::{Judged, same_person_threshold};
pub use page::page;
pub use points::{PointOptions, learn_points};
pub use report::{Data, Example, Histogram, Judgment, MemberReport, Report};
pub use split::Split;
pub use stage_folder::StageEpoch;
pub use stage_report::StageReport;
use teach::{Lesson, teach};
pub use unfreeze::{Unfreezing, Unfrozen};

/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is tried, on every backbone.
    pub recipes: Vec<Recipe>,
    /// Folds that the figures are measured by; 2 or more.
    pub folds: usize,
    /// Seed of all that is random.
    pub seed: u64,
    /// A member that has no greater area under the ROC on the validation families is left out.
    pub min_auc: f64,
    /// Share of strangers that may be taken for kin, 0 to 1; it decides the threshold.
    pub false_accept_rate: f64,
}

/// A trained ensemble.
pub struct Trained {
    /// What it is made of.
    pub config: EnsembleConfig,
    /// Its weights, as safetensors.
    pub weights: Vec<u8>,
    /// How good it is.
    pub report: Report,
}

/// What decides the members; checkpoints of other settings are left alone.
#[derive(Serialize)]
struct Settings<'a> {
    version: u32,
    seed: u64,
    folds: usize,
    embeddings: &'a str,
    photos: Vec<String>,
    kin: Vec<[usize; 2]>,
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    seen: &'a [usize],
}

/// Trains an ensemble on `corpus`. Taught members are kept in the folder `work`, so that a training that was stopped goes
/// on from there. None where `progress` asked to stop.
///
/// # Errors
/// When there are too few families, no member is better than the cosine, or `work` cannot be written.
pub fn train(
    corpus: &Corpus,
    options: &Options,
    work: &Path,
    progress: &dyn Progress,
) -> Result<Option<Trained>, TrainError> {
    let splits = Split::all(&corpus.pedigree, &corpus.seen, options.folds, options.seed)?;
    let checkpoints = Checkpoints::open(work, &settings(corpus, options))?;
    let started = Instant::now();
    let Some(lessons) = teach(corpus, &splits, (options, &checkpoints), progress)? else {
        return Ok(None);
    };
    let training_seconds = started.elapsed().as_secs_f64();
    progress.begin("Judging", 0, "heads");
    let (mut judged, mut epochs) = (Judged::default(), vec![Vec::new(); lessons[0].len()]);
    let mut kept = None;
    for (split, lessons) in splits.iter().zip(lessons) {
        let (members, ways): (Vec<Taught>, Vec<Vec<Epoch>>) =
            lessons.into_iter().map(|Lesson { taught, epochs }| (taught, epochs)).unzip();
        epochs.iter_mut().zip(ways).for_each(|(all, way)| all.push(way));
        let panel = |families: &[usize]| Panel::new(corpus, &members, (families, options.seed));
        let calibration = panel(&split.calibration)?;
        let fitted =
            Fitted::new(&members, (&panel(&split.validation)?, &calibration), options.min_auc)?;
        if split.test.is_empty() {
            kept = Some((members, fitted, calibration));
        } else {
            judged.add(panel(&split.test)?, &fitted);
        }
    }
    let (members, fitted, calibration) = kept.expect("the last split is the one that is kept");
    let kept = Kept { corpus, options, members, fitted, calibration };
    kept.finish(&judged, epochs, training_seconds).map(Some)
}

fn settings<'a>(corpus: &'a Corpus, options: &Options) -> Settings<'a> {
    Settings {
        version: 2,
        seed: options.seed,
        folds: options.folds,
        embeddings: &corpus.digest,
        photos: corpus.pedigree.photos().iter().map(ToString::to_string).collect(),
        kin: corpus.pedigree.kin().iter().map(|kin| kin.people).collect(),
        seen: &corpus.seen,
    }
}

/// The ensemble that is kept, and what it was fitted to.
struct Kept<'a> {
    corpus: &'a Corpus,
    options: &'a Options,
    members: Vec<Taught>,
    fitted: Fitted,
    calibration: Panel,
}

impl Kept<'_> {
    fn finish(
        self,
        judged: &Judged,
        epochs: Vec<Vec<Vec<Epoch>>>,
        training_seconds: f64,
    ) -> Result<Trained, TrainError> {
        let seed = self.options.seed;
        let judgment = |name: &str, scores: &[f64]| Judgment::new(name, judged, (scores, seed));
        let mean = judgment("mean", &judged.mean);
        let weighted = judgment("weighted", &judged.weighted);
        let is_weighted = weighted.mean_fold_auc() > mean.mean_fold_auc();
        let (by, probabilities) = match is_weighted {
            true => (&self.fitted.weighted, &judged.weighted),
            false => (&self.fitted.mean, &judged.mean),
        };
        let config = self.config(by)?;
        let kin_threshold = config.kin_threshold;
        let pairs = judged.scored(probabilities);
        let cosine = self.corpus.backbones.iter().zip(&judged.cosines);
        let report = Report {
            seed,
            data: Data::new(self.corpus, judged),
            members: self.member_reports(judged, epochs, by),
            cosine: cosine.map(|((name, _), cosines)| judgment(name, cosines)).collect(),
            mean,
            weighted,
            chosen: if is_weighted { "weighted" } else { "mean" },
            probabilities: pairs.probability_figures(0.5, seed),
            kin_threshold,
            relations: pairs.relation_figures(&judged.scored(&judged.cosines[0]), (0.5, seed)),
            reliability: report::bins(&pairs),
            histogram: report::histogram(&pairs),
            mistakes: report::examples(self.corpus, (judged, probabilities), true),
            successes: report::examples(self.corpus, (judged, probabilities), false),
            training_seconds,
            stages: Vec::new(),
        };
        let names: Vec<&str> = config.members.iter().map(|member| member.name.as_str()).collect();
        let heads = self.members.iter().zip(&by.weights).filter(|(_, weight)| **weight > 0.0);
        let weights =
            Ensemble::weights(names.into_iter().zip(heads.map(|(member, _)| &member.head)))?;
        Ok(Trained { config, weights, report })
    }

    /// The members that count, with the thresholds.
    fn config(&self, by: &Combination) -> Result<EnsembleConfig, TrainError> {
        let fitted = &self.fitted;
        if fitted.left_out.iter().all(Option::is_some) {
            let reason = |(member, reason): (&Taught, &Option<String>)| {
                format!("{}: {}", member.recipe, reason.as_deref().unwrap_or_default())
            };
            let reasons: Vec<String> =
                self.members.iter().zip(&fitted.left_out).map(reason).collect();
            return Err(TrainError::NoMember { reasons: reasons.join("; ") });
        }
        if by.calibration.slope == 0.0 {
            return Err(TrainError::NotCalibrated);
        }
        let rate = self.options.false_accept_rate;
        let log_odds = self.calibration.joined(&fitted.calibrations, by);
        let probabilities: Vec<f64> = log_odds.into_iter().map(probability).collect();
        let curve = Ranking::new(&probabilities, &self.calibration.is_kin()).curve();
        let threshold = curve.at_false_accept_rate(rate).map_or(1.0, |(threshold, _)| threshold);
        let members = self.members.iter().enumerate().filter(|(at, _)| by.weights[*at] > 0.0);
        let member = |(at, member): (usize, &Taught)| MemberConfig {
            name: self.name(member),
            backbone: self.corpus.backbones[member.backbone].0.clone(),
            weight: by.weights[at],
            calibration: fitted.calibrations[at],
            head: member.head.config().clone(),
        };
        Ok(EnsembleConfig {
            calibration: by.calibration,
            // The highest score of a stranger may be no score at all.
            kin_threshold: threshold.min(1.0),
            false_accept_rate: rate,
            same_person_threshold: same_person_threshold(&self.calibration),
            members: members.map(member).collect(),
        })
    }

    /// A member's name: its recipe's, and its backbone's where there are several.
    fn name(&self, member: &Taught) -> String {
        match self.corpus.backbones.as_slice() {
            [_] => member.recipe.to_owned(),
            backbones => format!("{}-{}", member.recipe, backbones[member.backbone].0),
        }
    }

    fn member_reports(
        &self,
        judged: &Judged,
        epochs: Vec<Vec<Vec<Epoch>>>,
        by: &Combination,
    ) -> Vec<MemberReport> {
        let report = |(at, epochs): (usize, Vec<Vec<Epoch>>)| {
            let member = &self.members[at];
            let alone = (judged.members[at].as_slice(), self.options.seed);
            MemberReport {
                recipe: member.recipe.to_owned(),
                backbone: self.corpus.backbones[member.backbone].0.clone(),
                left_out: self.fitted.left_out[at].clone(),
                weight: by.weights[at],
                alone: Judgment::new(&self.name(member), judged, alone),
                epochs,
            }
        };
        epochs.into_iter().enumerate().map(report).collect()
    }
}
