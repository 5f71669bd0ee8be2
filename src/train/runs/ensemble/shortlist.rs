//! Rank@10 of scores without normalization: the cosine, and single members.

use super::identification::{KinProbe, is_on_shortlist};
use super::rounds::EvaluatedSource;
use crate::kinship::{Ensemble, EnsembleConfig, KinshipError, MemberConfig, Rows};
use crate::metrics::RatioTerm;
use crate::train::error::TrainError;

/// Score between a probe and every photo of a source.
pub(crate) enum PhotoScore<'a> {
    /// Cosine of one backbone.
    Cosine(usize),
    /// Member of each part's split.
    Member { index: usize, name: &'a str },
}

/// Scorer for the photos of one part.
enum PartScorer {
    Cosine(usize),
    Member(Box<Ensemble>),
}

impl EvaluatedSource<'_> {
    /// Returns, for each probe, whether a relative is among the first ten people.
    ///
    /// The search covers all people of the source. The score of a person is that of the best photo.
    /// The probe's own person is excluded.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if a head cannot be computed.
    pub(crate) fn shortlist_hits(
        &self,
        score: &PhotoScore<'_>,
        seed: u64,
    ) -> Result<Vec<RatioTerm>, TrainError> {
        let source = self.source;
        let faces: Vec<Rows> = source.backbones.iter().map(|(_, rows)| rows.clone()).collect();
        let mut hits = Vec::new();
        for (i, part) in self.parts.iter().enumerate() {
            let scorer = match score {
                PhotoScore::Cosine(backbone) => PartScorer::Cosine(*backbone),
                PhotoScore::Member { index, name } => {
                    PartScorer::Member(Box::new(self.single(i, *index, name)?))
                }
            };
            for probe in self.probes(part, seed) {
                let scores = match &scorer {
                    PartScorer::Member(ensemble) => {
                        ensemble.scores(&source.faces(&[probe.photo])?, &faces)?
                    }
                    PartScorer::Cosine(backbone) => cosines(&faces[*backbone], probe.photo),
                };
                let family = source.pedigree.people()[probe.person].family;
                hits.push(RatioTerm::of_search(family, f64::from(self.is_hit(&scores, probe))));
            }
        }
        Ok(hits)
    }

    /// Returns an ensemble of one member.
    fn single(&self, part: usize, index: usize, name: &str) -> Result<Ensemble, KinshipError> {
        let split = &self.parts[part].split;
        let member = &split.members[index];
        let backbones = self.source.backbone_widths();
        let config = EnsembleConfig {
            members: vec![MemberConfig {
                name: name.to_owned(),
                backbone: backbones[member.backbone].0.to_owned(),
                weight: 1.0,
                calibration: split.calibrations[index],
                head: member.head.config().clone(),
            }],
            ..EnsembleConfig::uncalibrated()
        };
        Ensemble::from_heads(config, &backbones, vec![member.head.clone()])
    }

    fn is_hit(&self, scores: &[f32], probe: KinProbe) -> bool {
        let pedigree = &self.source.pedigree;
        let mut relatives = Vec::new();
        let mut others = Vec::new();
        for (i, person) in pedigree.people().iter().enumerate() {
            if i == probe.person {
                continue;
            }
            let scores = person.photos.iter().map(|&photo| f64::from(scores[photo]));
            let best = scores.fold(f64::NEG_INFINITY, f64::max);
            if pedigree.is_listed([i, probe.person]) {
                relatives.push(best);
            } else {
                others.push(best);
            }
        }
        is_on_shortlist(relatives.into_iter(), others.into_iter())
    }
}

fn cosines(rows: &Rows, probe: usize) -> Vec<f32> {
    let probe = rows.row(probe);
    rows.iter().map(|row| row.iter().zip(probe).map(|(a, b)| a * b).sum()).collect()
}
