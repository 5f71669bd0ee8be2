//! The steps of an ensemble's training.

use std::path::Path;

use super::sources::PhotoSource;
use super::stages::FineTunedStages;
use crate::bundle::{Bundle, BundleBuilder};
use crate::cli::args::ComputeArgs;
use crate::cli::exit::Failure;
use crate::cli::print::print_rejected;
use crate::cli::progress::Display;
use crate::dataset::Source;
use crate::domain::{Outcome, PhotoId};
use crate::gallery::{EmbeddedGallery, Gallery};
use crate::ingest::{Report as IngestReport, ingest};
use crate::network::WeightsDtype;
use crate::train::{
    Corpus, EmbeddedPhotos, EnsembleOptions, FineTuning, StageCorpora, TrainError, TrainedEnsemble,
    embed_blurred, train,
};

/// State that all steps of a training share.
pub(super) struct EnsembleJob<'a> {
    pub(super) compute: &'a ComputeArgs,
    pub(super) storage: WeightsDtype,
    /// Learning rate of the stages to fine-tune, if any.
    pub(super) stage_learning_rate: Option<f64>,
    pub(super) options: EnsembleOptions,
    pub(super) sources: &'a [PhotoSource],
    pub(super) work: &'a Path,
    pub(super) display: &'a Display,
}

impl EnsembleJob<'_> {
    /// Embeds the sources' photos. Returns `None` if cancelled.
    pub(super) fn corpora(&self, loaded: &Bundle) -> Result<Outcome<Vec<Corpus>>, Failure> {
        let mut corpora = Vec::new();
        for source in self.sources {
            let Outcome::Finished(photos) = embedded(source, self.work, loaded, self.display)?
            else {
                return Ok(Outcome::Cancelled);
            };
            let corpus = Corpus::new(&source.name, photos, loaded.names(), &source.relationships);
            let paths: Vec<String> = source.plan()?.paths().cloned().collect();
            let mut folder = Source::open(source.path())?;
            let Outcome::Finished(blurred) =
                embed_blurred(&mut folder, &paths, loaded, self.display)?
            else {
                return Ok(Outcome::Cancelled);
            };
            corpora.push(corpus.map_err(TrainError::from)?.with_blurred(blurred));
        }
        Ok(Outcome::Finished(corpora))
    }

    /// Fine-tunes the requested stages and trains the heads. Returns `None` if cancelled.
    pub(super) fn train(
        &self,
        draft: &mut BundleBuilder,
        loaded: Bundle,
        corpora: Vec<Corpus>,
    ) -> Result<Outcome<TrainedEnsemble>, Failure> {
        let Some(learning_rate) = self.stage_learning_rate else {
            return Ok(train(&corpora, &self.options, self.work, self.display)?);
        };
        let fine_tuning = FineTuning {
            corpus: &corpora[0],
            loaded: &loaded,
            bundle: (draft.folder(), draft.manifest()),
            data: self.sources[0].path(),
            device: self.compute.device.device,
            learning_rate,
            seed: self.options.seed,
        };
        let stages = FineTunedStages::train(&fine_tuning, self.work, self.display)?;
        let Outcome::Finished(mut stages) = stages else { return Ok(Outcome::Cancelled) };
        drop(loaded);
        let families = stages.replace_in(draft, self.storage)?;
        let after = match families.as_slice() {
            [] => None,
            families => {
                let loaded = self.compute.load(draft.folder())?;
                let Outcome::Finished(after) = self.corpora(&loaded)? else {
                    return Ok(Outcome::Cancelled);
                };
                let after = after.into_iter();
                Some(after.map(|corpus| corpus.with_training_families(families)).collect())
            }
        };
        let after: &Vec<Corpus> = after.as_ref().unwrap_or(&corpora);
        let mut trained = train(after, &self.options, self.work, self.display)?;
        if let Outcome::Finished(trained) = &mut trained {
            let corpora = StageCorpora { before: &corpora[0], after: &after[0] };
            trained.report.stages = stages.reports(corpora, self.options.seed)?;
        }
        Ok(trained)
    }
}

/// Embeds the photos of a source, except those that an earlier training embedded.
///
/// Returns `None` if cancelled.
fn embedded(
    source: &PhotoSource,
    work: &Path,
    loaded: &Bundle,
    display: &Display,
) -> Result<Outcome<EmbeddedPhotos>, Failure> {
    let plan = source.plan()?;
    let ids: Vec<PhotoId> = plan.photos().cloned().collect();
    let fingerprint = loaded.space().fingerprint.to_string();
    let gallery = work.join(format!("gallery-{}-{}", source.name, &fingerprint[..12]));
    let gallery = EmbeddedGallery::open_or_create(&gallery, loaded.space(), work)?;
    let IngestReport { rejected, cancelled, .. } = ingest(plan, &gallery, loaded, display)?;
    print_rejected(&rejected);
    if cancelled {
        return Ok(Outcome::Cancelled);
    }
    let mut photos = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(embeddings) = gallery.embeddings(&id)? {
            photos.push((id, embeddings));
        }
    }
    Ok(Outcome::Finished(photos))
}
