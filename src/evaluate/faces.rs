//! Listed photos, embedded once each.

use std::collections::{BTreeSet, HashMap};

use super::EvaluateError;
use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::domain::Progress;
use crate::ingest::{Rejected, embed_photos};
use crate::kinship::{Ensemble, KinshipError, OpenSetScorer, Rows};

/// Embedded photos by their paths.
pub(super) struct Faces {
    places: HashMap<String, usize>,
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
        let rows = |embeddings: &Vec<_>| {
            Rows::new(embeddings.iter().map(crate::domain::Embedding::as_slice))
        };
        let backbones = found.by_backbone.iter().map(rows).collect::<Result<_, _>>()?;
        let places = found.paths.into_iter().enumerate().map(|(at, path)| (path, at)).collect();
        Ok(Some(Self { places, backbones, rejected: found.rejected }))
    }

    /// Returns the row of the photo at `path`.
    ///
    /// Returns `None` if the photo was not embedded.
    pub(super) fn index(&self, path: &str) -> Option<usize> {
        self.places.get(path).copied()
    }

    /// Returns the rows of the photos at these paths.
    ///
    /// Returns `None` if a photo was not embedded.
    pub(super) fn find<const N: usize>(&self, paths: &[String; N]) -> Option<[usize; N]> {
        let places: Option<Vec<usize>> = paths.iter().map(|path| self.index(path)).collect();
        places?.try_into().ok()
    }

    /// Returns the embeddings, per backbone `(n, d)`.
    pub(super) fn rows(&self) -> &[Rows] {
        &self.backbones
    }

    /// Returns the cosine of each pair, per backbone.
    pub(super) fn cosines(&self, pairs: &[[usize; 2]]) -> Result<Vec<Vec<f64>>, KinshipError> {
        let cosines = |rows: &Rows| {
            let side = |at: usize| rows.select(pairs.iter().map(|pair| pair[at]));
            side(0)?.cosines(&side(1)?)
        };
        self.backbones.iter().map(cosines).collect()
    }

    /// Returns the log likelihood ratio of kin against unrelated people, for each pair.
    ///
    /// For an ensemble without open-set model, returns the log odds at even odds.
    pub(super) fn evidence(
        &self,
        ensemble: &Ensemble,
        pairs: &[[usize; 2]],
    ) -> Result<Vec<f64>, KinshipError> {
        let side = |i: usize| {
            let select = |rows: &Rows| rows.select(pairs.iter().map(|pair| pair[i]));
            self.backbones.iter().map(select).collect::<Result<Vec<_>, _>>()
        };
        let a = side(0)?;
        let b = side(1)?;
        Ok(match OpenSetScorer::from_ensemble(ensemble) {
            Some(scorer) => scorer.pairs(&a, &b)?.into_iter().map(|pair| pair.kin).collect(),
            None => ensemble.score_pairs(&a, &b)?.into_iter().map(|score| score.log_odds).collect(),
        })
    }
}
