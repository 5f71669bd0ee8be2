//! Training rounds: each source is scored by members that were not trained on it.

use std::path::Path;
use std::rc::Rc;

use super::identification::{self, Probe};
use super::members::{TrainedSplit, train_splits};
use super::pair_set::Panel;
use super::selection::Criterion;
use crate::domain::Progress;
use crate::train::Options;
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
    pub(crate) panel: Panel,
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

/// Context of a training run.
#[derive(Clone, Copy)]
pub(crate) struct RoundContext<'a> {
    pub(crate) options: &'a Options,
    pub(crate) work: &'a Path,
    pub(crate) progress: &'a dyn Progress,
}

impl EvaluatedSource<'_> {
    /// Returns whether no member was trained on any family of the source.
    pub(crate) fn is_left_out(&self) -> bool {
        !self.trained_on.contains(&self.source.name)
    }

    /// Draws the probes of a part, for searches in the source.
    pub(crate) fn probes(&self, part: &EvaluatedPart, seed: u64) -> Vec<Probe> {
        identification::probes(
            self.source,
            &part.families,
            identification::MAX_PROBES.div_ceil(self.parts.len()),
            seed,
        )
    }

    /// Returns the pairs of all parts.
    pub(crate) fn panel(&self) -> Panel {
        let mut panel = Panel::default();
        for part in &self.parts {
            panel.extend(part.panel.clone());
        }
        panel
    }
}

/// Trains and evaluates in rounds. Returns `None` if the progress was cancelled.
///
/// Every source with kin is evaluated by members that were trained on the others. A source is not
/// trained on if its plain regression does not beat the cosine elsewhere. Training on such a source
/// does not transfer. If only one source remains for training, its own families are evaluated fold
/// by fold.
pub(crate) fn run_rounds<'a>(
    sources: &[&'a Corpus],
    context: RoundContext<'_>,
) -> Result<Option<Rounds<'a>>, TrainError> {
    let Some(Transfer { chosen, left_out }) = transfer(sources, context)? else { return Ok(None) };
    let others = |without: &str| -> Vec<&'a Corpus> {
        chosen.iter().copied().filter(|source| source.name != without).collect()
    };
    let mut evaluated = Vec::new();
    let Some(all) = Round::train(&chosen, context)? else { return Ok(None) };
    for &source in sources {
        let learned = others(&source.name);
        let found = match learned.len() {
            0 => all.by_folds(source, context.options.seed)?,
            count if count == chosen.len() => all.on(source, context.options.seed)?,
            _ => {
                let Some(round) = Round::train(&learned, context)? else { return Ok(None) };
                round.on(source, context.options.seed)?
            }
        };
        evaluated.push(found);
    }
    let trained_on = all.names.clone();
    let last = all.last();
    Ok(Some(Rounds { trained_on, left_out, evaluated, last }))
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
    context: RoundContext<'_>,
) -> Result<Option<Transfer<'a>>, TrainError> {
    let mut chosen = Vec::new();
    let mut left_out = Vec::new();
    if sources.len() < 2 {
        return Ok(Some(Transfer { chosen: sources.to_vec(), left_out }));
    }
    let recipes = [Recipe::REGRESSION, Recipe::COSINE].into_iter().filter_map(Recipe::named);
    let options = Options { recipes: recipes.collect(), ..context.options.clone() };
    let context = RoundContext { options: &options, ..context };
    for &source in sources {
        let Some(round) = Round::train(&[source], context)? else { return Ok(None) };
        let others = sources.iter().filter(|other| other.name != source.name);
        let panels: Vec<Panel> = others
            .map(|other| Ok(round.on(other, options.seed)?.panel()))
            .collect::<Result<_, TrainError>>()?;
        let mean = |recipe: &str| {
            Criterion::mean(panels.iter().map(|panel| best_of(&round.last(), panel, recipe)))
        };
        let [regression, cosine] = [Recipe::REGRESSION, Recipe::COSINE].map(mean);
        if regression.auc > cosine.auc {
            chosen.push(source);
        } else {
            left_out.push(format!(
                "{}: a regression trained on it has an AUC of {:.3} on the other sources, the cosine {:.3}",
                source.name, regression.auc, cosine.auc
            ));
        }
    }
    if chosen.is_empty() {
        chosen = sources.to_vec();
        left_out.clear();
    }
    Ok(Some(Transfer { chosen, left_out }))
}

/// Returns the metrics of the best member of a recipe, over backbones.
pub(crate) fn best_of(split: &TrainedSplit, panel: &Panel, recipe: &str) -> Criterion {
    Criterion::of(best_scores(split, panel, recipe), &panel.is_kin())
}

/// Returns the scores of the best member of a recipe, over backbones.
///
/// The scores are empty if the recipe has no member.
pub(crate) fn best_scores<'p>(split: &TrainedSplit, panel: &'p Panel, recipe: &str) -> &'p [f64] {
    let is_kin = panel.is_kin();
    let members = split.members.iter().zip(&panel.scores);
    let of_recipe = members.filter(|(member, _)| member.recipe == recipe).map(|(_, scores)| scores);
    let value = |scores: &Vec<f64>| Criterion::of(scores, &is_kin).value();
    of_recipe.max_by(|a, b| value(a).total_cmp(&value(b))).map(Vec::as_slice).unwrap_or_default()
}

/// Members of one training set.
struct Round {
    names: Vec<String>,
    splits: Vec<Rc<TrainedSplit>>,
}

impl Round {
    /// Trains on all of these sources. A single source is split into folds.
    fn train(sources: &[&Corpus], context: RoundContext<'_>) -> Result<Option<Self>, TrainError> {
        let merged;
        let learned = match sources {
            [one] => *one,
            several => {
                merged = Corpus::merged(several)?;
                &merged
            }
        };
        let Options { folds, seed, .. } = *context.options;
        let mut splits = Split::all(&learned.pedigree, &learned.seen, folds, seed)?;
        if sources.len() > 1 {
            splits.retain(|split| split.test.is_empty());
        }
        let trained = train_splits(learned, &splits, context)?;
        let names = sources.iter().map(|source| source.name.clone()).collect();
        let splits = trained.map(|splits| splits.into_iter().map(Rc::new).collect());
        Ok(splits.map(|splits| Self { names, splits }))
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
        let folds = self.splits.iter().filter(|split| !split.split.test.is_empty());
        let part = |split: &Rc<TrainedSplit>| {
            EvaluatedPart::new(source, split.split.test.clone(), Rc::clone(split), seed)
        };
        let parts = folds.map(part).collect::<Result<_, _>>()?;
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
        let panel = Panel::new(source, &split.members, &families, seed)?.calibrated(&split);
        Ok(Self { families, split, panel, joined: Vec::new() })
    }
}
