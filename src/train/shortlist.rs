//! Rank@10 of scores that are not normalized: of the cosine, and of single members.

use super::TrainError;
use super::evaluation::EvaluatedSource;
use super::identification::{Probe, is_on_shortlist, probes};
use crate::kinship::{Ensemble, EnsembleConfig, KinshipError, MemberConfig, Rows};

/// Probes of a source that single members are compared by, at most: a member with hidden layers takes a while.
const MAX_PROBES: usize = 600;

/// A score of a probe with every photo of a source.
pub(super) enum PhotoScore<'a> {
    /// The cosine of one backbone.
    Cosine(usize),
    /// A member of each part's split.
    Member { index: usize, name: &'a str },
}

/// What scores the photos of one part.
enum PartScorer {
    Cosine(usize),
    Member(Box<Ensemble>),
}

impl EvaluatedSource<'_> {
    /// Share of probes with a relative among the first ten people of the source, everyone by their best photo. The probe's own
    /// person is left out. Returns `None` if no probe has a relative.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if a head cannot be computed.
    pub(super) fn rank_10(
        &self,
        score: &PhotoScore<'_>,
        seed: u64,
    ) -> Result<Option<f64>, TrainError> {
        let source = self.source;
        let faces: Vec<Rows> = source.backbones.iter().map(|(_, rows)| rows.clone()).collect();
        let (mut hits, mut count) = (0.0, 0.0);
        for (i, part) in self.parts.iter().enumerate() {
            let scorer = match score {
                PhotoScore::Cosine(backbone) => PartScorer::Cosine(*backbone),
                PhotoScore::Member { index, name } => {
                    PartScorer::Member(Box::new(self.single(i, *index, name)?))
                }
            };
            let probes = probes(source, &part.families, seed);
            let step = (probes.len() * self.parts.len()).div_ceil(MAX_PROBES).max(1);
            for probe in probes.into_iter().step_by(step) {
                let scores = match &scorer {
                    PartScorer::Member(ensemble) => {
                        ensemble.scores(&source.faces(&[probe.photo])?, &faces)?
                    }
                    PartScorer::Cosine(backbone) => cosines(&faces[*backbone], probe.photo),
                };
                hits += f64::from(u8::from(self.is_hit(&scores, probe)));
                count += 1.0;
            }
        }
        Ok((count > 0.0).then(|| hits / count))
    }

    /// One member as an ensemble.
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
        Ensemble::of_heads(config, &backbones, vec![member.head.clone()])
    }

    fn is_hit(&self, scores: &[f32], probe: Probe) -> bool {
        let pedigree = &self.source.pedigree;
        let best = |photos: &[usize]| {
            photos.iter().map(|&photo| f64::from(scores[photo])).fold(f64::NEG_INFINITY, f64::max)
        };
        let people = pedigree.people().iter().enumerate().filter(|(i, _)| *i != probe.person);
        let scored =
            people.map(|(i, person)| (pedigree.is_listed([i, probe.person]), best(&person.photos)));
        let (relatives, others): (Vec<_>, Vec<_>) = scored.partition(|(is_kin, _)| *is_kin);
        let scores = |people: Vec<(bool, f64)>| people.into_iter().map(|(_, score)| score);
        is_on_shortlist(scores(relatives), scores(others))
    }
}

fn cosines(rows: &Rows, probe: usize) -> Vec<f32> {
    let probe = rows.row(probe);
    rows.iter().map(|row| row.iter().zip(probe).map(|(a, b)| a * b).sum()).collect()
}
