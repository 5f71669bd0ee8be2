//! Listed photos, embedded once each.

use std::collections::{BTreeSet, HashMap};

use super::EvaluateError;
use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::domain::{Embedding, Progress};
use crate::ingest::{Rejected, embed_photos};
use crate::kinship::{Ensemble, KinshipError, OpenSetScorer, Rows};

/// Embedded photos by their paths.
pub(super) struct Faces {
    /// Rows by the paths of the photos.
    indices: HashMap<String, usize>,
    backbones: Vec<Rows>,
    /// Photos that are missing or cannot be read.
    pub(super) rejected: Vec<Rejected>,
}

impl Faces {
    /// Embeds the photos of these paths.
    ///
    /// Returns `None` if the job was cancelled.
    pub(super) fn embed(
        paths: BTreeSet<String>,
        source: &mut Source,
        bundle: &Bundle,
        progress: &dyn Progress,
    ) -> Result<Option<Self>, EvaluateError> {
        let listed = paths.len();
        let found = embed_photos(source, paths.into_iter().collect(), bundle, progress)?;
        if found.cancelled {
            return Ok(None);
        }
        if found.paths.is_empty() {
            let first = found.rejected.first().map(|rejected| rejected.path.clone());
            return Err(EvaluateError::NoPhotos {
                pairs: listed,
                first: first.unwrap_or_default(),
            });
        }
        let mut backbones = Vec::with_capacity(found.by_backbone.len());
        for embeddings in &found.by_backbone {
            backbones.push(Rows::new(embeddings.iter().map(Embedding::as_slice))?);
        }
        let indices = found.paths.into_iter().enumerate().map(|(i, path)| (path, i)).collect();
        Ok(Some(Self { indices, backbones, rejected: found.rejected }))
    }

    /// Returns the row of the photo at `path`.
    ///
    /// Returns `None` if the photo was not embedded.
    pub(super) fn index(&self, path: &str) -> Option<usize> {
        self.indices.get(path).copied()
    }

    /// Returns the rows of the photos at these paths.
    ///
    /// Returns `None` if a photo was not embedded.
    pub(super) fn find<const N: usize>(&self, paths: &[String; N]) -> Option<[usize; N]> {
        let rows: Option<Vec<usize>> = paths.iter().map(|path| self.index(path)).collect();
        rows?.try_into().ok()
    }

    /// Returns the embeddings, per backbone `(n, d)`.
    pub(super) fn rows(&self) -> &[Rows] {
        &self.backbones
    }

    /// Returns the cosine of each pair, per backbone.
    pub(super) fn cosines(&self, pairs: &[[usize; 2]]) -> Result<Vec<Vec<f64>>, KinshipError> {
        let mut cosines = Vec::with_capacity(self.backbones.len());
        for rows in &self.backbones {
            cosines.push(side(rows, pairs, 0)?.cosines(&side(rows, pairs, 1)?)?);
        }
        Ok(cosines)
    }

    /// Returns the log likelihood ratio of kin against unrelated people, for each pair.
    ///
    /// For an ensemble without open-set model, returns the log odds at even odds.
    pub(super) fn evidence(
        &self,
        ensemble: &Ensemble,
        pairs: &[[usize; 2]],
    ) -> Result<Vec<f64>, KinshipError> {
        let mut a = Vec::with_capacity(self.backbones.len());
        let mut b = Vec::with_capacity(self.backbones.len());
        for rows in &self.backbones {
            a.push(side(rows, pairs, 0)?);
            b.push(side(rows, pairs, 1)?);
        }
        Ok(match OpenSetScorer::from_ensemble(ensemble) {
            Some(scorer) => scorer.pairs(&a, &b)?.into_iter().map(|pair| pair.kin).collect(),
            None => ensemble.score_pairs(&a, &b)?.into_iter().map(|score| score.log_odds).collect(),
        })
    }
}

/// Returns photo `i` of each pair, 0 or 1.
fn side(rows: &Rows, pairs: &[[usize; 2]], i: usize) -> Result<Rows, KinshipError> {
    rows.select(pairs.iter().map(|pair| pair[i]))
}
