//! Training rounds: each source is scored by members that were not trained on it.

use std::rc::Rc;

use super::identification::{self, KinProbe};
use super::members::{TrainedSplit, train_splits};
use super::options::{EnsembleOptions, TrainingContext};
use super::pair_set::PairSet;
use super::selection::Criterion;
use crate::domain::Outcome;
use crate::train::data::corpus::Corpus;
use crate::train::data::split::Split;
use crate::train::error::TrainError;
use crate::train::head::recipe::Recipe;

/// Source with the scores of members that were trained on none of its families.
pub(crate) struct EvaluatedSource<'a> {
    pub(crate) source: &'a Corpus,
    /// Names of the sources that the members were trained on.
    pub(crate) trained_on: Vec<String>,
    /// Families of the source, each in one part.
    pub(crate) parts: Vec<EvaluatedPart>,
}

/// Families that the members of one split evaluate.
pub(crate) struct EvaluatedPart {
    pub(crate) families: Vec<usize>,
    pub(crate) split: Rc<TrainedSplit>,
    /// The members' calibrated log odds.
    pub(crate) pair_set: PairSet,
    /// The chosen members' weighted log odds of each pair. Empty before the choice.
    pub(crate) joined: Vec<f64>,
}

/// Training sources, and the members of the bundle.
pub(crate) struct Rounds<'a> {
    /// Names of the sources that the bundle's members were trained on.
    pub(crate) trained_on: Vec<String>,
    /// Per excluded source with kin, the reason for its exclusion from training.
    pub(crate) left_out: Vec<String>,
    pub(crate) evaluated: Vec<EvaluatedSource<'a>>,
    pub(crate) last: Rc<TrainedSplit>,
}

impl EvaluatedSource<'_> {
    /// Returns whether no member was trained on any family of the source.
    pub(crate) fn is_left_out(&self) -> bool {
        !self.trained_on.contains(&self.source.name)
    }

    /// Draws the probes of a part, for searches in the source.
    pub(crate) fn probes(&self, part: &EvaluatedPart, seed: u64) -> Vec<KinProbe> {
        identification::probes(
            self.source,
            &part.families,
            identification::MAX_PROBES.div_ceil(self.parts.len()),
            seed,
        )
    }

    /// Returns the pairs of all parts.
    pub(crate) fn pair_set(&self) -> PairSet {
        let mut pair_set = PairSet::default();
        for part in &self.parts {
            pair_set.extend(part.pair_set.clone());
        }
        pair_set
    }
}

/// Trains and evaluates in rounds.
///
/// Every source with kin is evaluated by members that were trained on the others. A source is not
/// trained on if its plain regression does not beat the cosine elsewhere. Training on such a source
/// does not transfer. If only one source remains for training, its own families are evaluated fold
/// by fold.
pub(crate) fn run_rounds<'a>(
    sources: &[&'a Corpus],
    context: TrainingContext<'_>,
) -> Result<Outcome<Rounds<'a>>, TrainError> {
    let Outcome::Finished(transfer) = transfer(sources, context)? else {
        return Ok(Outcome::Cancelled);
    };
    let Transfer { chosen, left_out } = transfer;
    let Outcome::Finished(all) = Round::train(&chosen, context)? else {
        return Ok(Outcome::Cancelled);
    };
    let mut evaluated = Vec::new();
    for &source in sources {
        let others: Vec<&Corpus> =
            chosen.iter().copied().filter(|other| other.name != source.name).collect();
        if others.is_empty() {
            evaluated.push(all.by_folds(source, context.options.seed)?);
        } else if others.len() == chosen.len() {
            evaluated.push(all.on(source, context.options.seed)?);
        } else {
            let Outcome::Finished(round) = Round::train(&others, context)? else {
                return Ok(Outcome::Cancelled);
            };
            evaluated.push(round.on(source, context.options.seed)?);
        }
    }
    let trained_on = all.names.clone();
    let last = all.last();
    Ok(Outcome::Finished(Rounds { trained_on, left_out, evaluated, last }))
}

/// Choice of the training sources.
struct Transfer<'a> {
    chosen: Vec<&'a Corpus>,
    /// Reasons for the exclusion of the others.
    left_out: Vec<String>,
}

/// Trains the plain regression on each source and evaluates it on the others.
///
/// All sources are chosen if none transfers.
fn transfer<'a>(
    sources: &[&'a Corpus],
    context: TrainingContext<'_>,
) -> Result<Outcome<Transfer<'a>>, TrainError> {
    let mut chosen = Vec::new();
    let mut left_out = Vec::new();
    if sources.len() < 2 {
        return Ok(Outcome::Finished(Transfer { chosen: sources.to_vec(), left_out }));
    }
    let recipes = [Recipe::REGRESSION, Recipe::COSINE].into_iter().filter_map(Recipe::named);
    let options = EnsembleOptions { recipes: recipes.collect(), ..context.options.clone() };
    let context = TrainingContext { options: &options, ..context };
    for &source in sources {
        let Outcome::Finished(round) = Round::train(&[source], context)? else {
            return Ok(Outcome::Cancelled);
        };
        let mut pair_sets = Vec::new();
        for other in sources.iter().filter(|other| other.name != source.name) {
            pair_sets.push(round.on(other, options.seed)?.pair_set());
        }
        let [regression, cosine] = [Recipe::REGRESSION, Recipe::COSINE].map(|recipe| {
            let split = round.last();
            Criterion::mean(pair_sets.iter().map(|pair_set| best_of(&split, pair_set, recipe)))
        });
        if regression.auc > cosine.auc {
            chosen.push(source);
        } else {
            left_out.push(format!(
                "{}: a regression trained on it has an AUC of {:.3} on the other sources, \
                 the cosine {:.3}",
                source.name, regression.auc, cosine.auc
            ));
        }
    }
    if chosen.is_empty() {
        chosen = sources.to_vec();
        left_out.clear();
    }
    Ok(Outcome::Finished(Transfer { chosen, left_out }))
}

/// Returns the metrics of the best member of a recipe, over backbones.
pub(crate) fn best_of(split: &TrainedSplit, pair_set: &PairSet, recipe: &str) -> Criterion {
    Criterion::new(best_scores(split, pair_set, recipe), &pair_set.is_kin())
}

/// Returns the scores of the best member of a recipe, over backbones.
///
/// The scores are empty if the recipe has no member.
pub(crate) fn best_scores<'p>(
    split: &TrainedSplit,
    pair_set: &'p PairSet,
    recipe: &str,
) -> &'p [f64] {
    let is_kin = pair_set.is_kin();
    let members = split.members.iter().zip(&pair_set.scores);
    let of_recipe = members.filter(|(member, _)| member.recipe == recipe).map(|(_, scores)| scores);
    let values = of_recipe.map(|scores| (scores, Criterion::new(scores, &is_kin).value()));
    let best = values.max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map(|(scores, _)| scores.as_slice()).unwrap_or_default()
}

/// Members of one training set.
struct Round {
    names: Vec<String>,
    splits: Vec<Rc<TrainedSplit>>,
}

impl Round {
    /// Trains on all of these sources. A single source is split into folds.
    fn train(
        sources: &[&Corpus],
        context: TrainingContext<'_>,
    ) -> Result<Outcome<Self>, TrainError> {
        let merged;
        let corpus = match sources {
            [one] => *one,
            several => {
                merged = Corpus::merged(several)?;
                &merged
            }
        };
        let EnsembleOptions { folds, seed, .. } = *context.options;
        let mut splits = Split::all(&corpus.pedigree, &corpus.seen, folds, seed)?;
        if sources.len() > 1 {
            splits.retain(|split| split.test.is_empty());
        }
        let Outcome::Finished(splits) = train_splits(corpus, &splits, context)? else {
            return Ok(Outcome::Cancelled);
        };
        let names = sources.iter().map(|source| source.name.clone()).collect();
        let splits = splits.into_iter().map(Rc::new).collect();
        Ok(Outcome::Finished(Self { names, splits }))
    }

    /// Returns the split without test families.
    fn last(&self) -> Rc<TrainedSplit> {
        Rc::clone(self.splits.last().expect("the split that tests nothing is always trained"))
    }

    /// Evaluates all families of another source.
    fn on<'a>(&self, source: &'a Corpus, seed: u64) -> Result<EvaluatedSource<'a>, TrainError> {
        let part =
            EvaluatedPart::new(source, source.pedigree.families_with_kin(), self.last(), seed)?;
        Ok(EvaluatedSource { source, trained_on: self.names.clone(), parts: vec![part] })
    }

    /// Evaluates the families of the only training source, fold by fold.
    fn by_folds<'a>(
        &self,
        source: &'a Corpus,
        seed: u64,
    ) -> Result<EvaluatedSource<'a>, TrainError> {
        let mut parts = Vec::new();
        for split in self.splits.iter().filter(|split| !split.split.test.is_empty()) {
            let families = split.split.test.clone();
            parts.push(EvaluatedPart::new(source, families, Rc::clone(split), seed)?);
        }
        Ok(EvaluatedSource { source, trained_on: self.names.clone(), parts })
    }
}

impl EvaluatedPart {
    fn new(
        source: &Corpus,
        families: Vec<usize>,
        split: Rc<TrainedSplit>,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let pair_set =
            PairSet::new(source, &split.members, &families, seed)?.calibrated(&split.calibrations);
        Ok(Self { families, split, pair_set, joined: Vec::new() })
    }
}
