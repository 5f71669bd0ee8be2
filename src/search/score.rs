//! Scores of photos and people against a probe.

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use super::reference::{GalleryReference, ReferenceCache, owner, rows};
use super::{KinshipEvidence, PhotoMatch, Probe, SearchError};
use crate::domain::{Embedding, PersonId};
use crate::gallery::{GalleryView, Neighbor};
use crate::kinship::{
    CohortStatistics, Ensemble, FaceOwner, OpenSetScorer, PairScore, ProbeFaces, Rows, Tail,
    bounded, person_score, posterior, probability,
};

/// Scoring method for a gallery's photos.
#[derive(Clone)]
pub(super) enum Scorer<'a> {
    /// The cosine: the bundle has no ensemble.
    Cosine,
    /// An ensemble without an open-set model.
    Pairwise(&'a Ensemble),
    /// An ensemble with a model for searches among many people.
    OpenSet(OpenSetScorer<'a>, GalleryReference),
}

/// Scorer of gallery photos against the photos of a probe.
pub(super) struct ProbeScorer<'a> {
    scorer: &'a Scorer<'a>,
    probe: ProbeFaces,
    /// Statistics for a search among many people.
    statistics: Option<CohortStatistics>,
    /// Similarity of the probe's photos to the training photos, 0 to 1.
    typicality: f64,
}

/// Score of a gallery photo, or of a person by all photos.
#[derive(Clone, Debug)]
pub(super) struct Score {
    /// Normalized score. Without an open-set model, log odds.
    pub(super) score: f64,
    /// Log likelihood ratio of the same person against kin. `None` without an open-set model.
    pub(super) identity: Option<f64>,
    /// Similarity of both faces to the training faces, 0 to 1.
    pub(super) typicality: f64,
    /// Log odds of each member.
    pub(super) members: Vec<f64>,
}

/// Calibration of scores in a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct SearchScale {
    /// Number of people searched.
    pub(super) people: usize,
    /// Expected number of relatives of the probe among them.
    pub(super) expected_relatives: f64,
    /// Share of probes without a relative for which a person may be marked as kin.
    pub(super) max_false_positive_rate: f64,
    /// Distribution of unrelated people's scores against the probe. `None` for the bundle's own
    /// tail.
    pub(super) tail: Option<Tail>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(
        view: &Arc<dyn GalleryView>,
        ensemble: Option<&'a Ensemble>,
        cache: &ReferenceCache,
    ) -> Result<Self, SearchError> {
        let Some(ensemble) = ensemble else { return Ok(Self::Cosine) };
        Ok(match OpenSetScorer::from_ensemble(ensemble) {
            Some(scorer) => Self::OpenSet(scorer, cache.get(view, scorer)?),
            None => Self::Pairwise(ensemble),
        })
    }

    /// Returns the ensemble, if any.
    pub(super) fn ensemble(&self) -> Option<&'a Ensemble> {
        match self {
            Self::Cosine => None,
            Self::Pairwise(ensemble) => Some(ensemble),
            Self::OpenSet(scorer, _) => Some(scorer.ensemble()),
        }
    }

    /// Combines the scores of a person's photos, at least one, into one.
    pub(super) fn person(&self, photos: &[Score]) -> Score {
        let score = match self {
            Self::OpenSet(..) => person_score(photos.iter().map(|photo| photo.score)),
            Self::Cosine | Self::Pairwise(_) => {
                let mean =
                    photos.iter().map(|photo| photo.score).sum::<f64>() / photos.len() as f64;
                (mean + best(photos).score) / 2.0
            }
        };
        let best = best(photos);
        Score {
            score,
            identity: photos.iter().filter_map(|photo| photo.identity).reduce(f64::max),
            typicality: best.typicality,
            members: best.members.clone(),
        }
    }

    /// Returns a photo of the gallery with the evidence of this photo alone.
    pub(super) fn photo_match(
        &self,
        photo: &Neighbor,
        score: &Score,
        scale: SearchScale,
    ) -> PhotoMatch {
        let alone = self.person(slice::from_ref(score));
        PhotoMatch {
            photo: photo.photo.id.clone(),
            cosine: photo.cosine,
            log_likelihood_ratio: self.kinship(&alone, scale).map(|k| k.log_likelihood_ratio),
        }
    }

    /// Returns the evidence of kinship in a person's score. `None` without an ensemble.
    pub(super) fn kinship(&self, found: &Score, scale: SearchScale) -> Option<KinshipEvidence> {
        let members = found.members.iter().map(|&log_odds| probability(log_odds)).collect();
        match self {
            Self::Cosine => None,
            Self::Pairwise(ensemble) => {
                let evidence = bounded(found.score);
                Some(KinshipEvidence {
                    log_likelihood_ratio: evidence,
                    chance_matches: None,
                    probability: posterior(evidence, scale.expected_relatives, scale.people),
                    is_kin: probability(found.score) >= ensemble.config().kin_threshold,
                    typicality: found.typicality,
                    members,
                })
            }
            Self::OpenSet(scorer, _) => {
                let config = scorer.config();
                let rarity = scale.tail.unwrap_or(config.tail).rarity(found.score);
                let evidence = found.typicality * bounded(config.search.log_odds(rarity));
                // A face without any information is as similar as any stranger.
                let chance_matches = scale.people as f64 * (-found.typicality * rarity).exp();
                let rate = config.false_positive_rate(chance_matches);
                Some(KinshipEvidence {
                    log_likelihood_ratio: evidence,
                    chance_matches: Some(chance_matches),
                    probability: posterior(evidence, scale.expected_relatives, scale.people),
                    is_kin: rate <= scale.max_false_positive_rate,
                    typicality: found.typicality,
                    members,
                })
            }
        }
    }
}

fn best(photos: &[Score]) -> &Score {
    photos.iter().max_by(|a, b| a.score.total_cmp(&b.score)).expect("a person has a photo")
}

impl<'a> ProbeScorer<'a> {
    /// Prepares the photos of one person, or of two people to search for their children.
    ///
    /// `known` are the people in the photos, as far as they are known.
    pub(super) fn new(
        scorer: &'a Scorer<'a>,
        probes: &[Probe<'_>],
        known: &BTreeSet<PersonId>,
    ) -> Result<Self, SearchError> {
        let photos: Vec<&Vec<Embedding>> = probes.iter().flat_map(|probe| probe.photos).collect();
        let backbones = photos.first().map_or(0, |photo| photo.len());
        let mut faces = Vec::with_capacity(backbones);
        for backbone in 0..backbones {
            faces.push(Rows::new(photos.iter().map(|photo| photo[backbone].as_slice()))?);
        }
        let photo_counts: Vec<usize> = probes.iter().map(|probe| probe.photos.len()).collect();
        let probe = ProbeFaces::new(faces, &photo_counts)?;
        let Scorer::OpenSet(open_set, gallery) = scorer else {
            return Ok(Self { scorer, probe, statistics: None, typicality: 1.0 });
        };
        let known: Vec<u64> = known.iter().map(|&person| owner(person).person).collect();
        let statistics =
            gallery.sample.reference.probe_statistics(*open_set, &probe, |face: &FaceOwner| {
                known.contains(&face.person)
            })?;
        let weights = open_set.typicality(probe.photos())?;
        let typicality = weights.iter().sum::<f64>() / weights.len() as f64;
        Ok(Self { scorer, probe, statistics: Some(statistics), typicality })
    }

    /// Returns the distribution of unrelated people's scores against the probe. `None` without an
    /// open-set model.
    pub(super) fn tail(&self) -> Result<Option<Tail>, SearchError> {
        Ok(match self.scorer {
            Scorer::OpenSet(scorer, gallery) => {
                let photos = self.probe.photos()[0].count();
                Some(gallery.sample.reference.tail(*scorer, photos)?)
            }
            Scorer::Cosine | Scorer::Pairwise(_) => None,
        })
    }

    /// Returns the similarity of the probe's photos to the training photos, 0 to 1.
    pub(super) fn typicality(&self) -> f64 {
        self.typicality
    }

    /// Scores photos of the gallery, in their order.
    pub(super) fn score(&self, photos: &[Neighbor]) -> Result<Vec<Score>, SearchError> {
        if photos.is_empty() {
            return Ok(Vec::new());
        }
        let Some(ensemble) = self.scorer.ensemble() else {
            return Ok(photos.iter().map(|photo| Score::from_cosine(photo.cosine)).collect());
        };
        let faces = rows(photos.iter(), self.probe.photos().len())?;
        let pairs = self.pair_scores(ensemble, &faces)?;
        let (Scorer::OpenSet(scorer, gallery), Some(probe)) = (self.scorer, self.statistics) else {
            return Ok(pairs.into_iter().map(Score::from).collect());
        };
        let statistics = gallery.sample.statistics(*scorer, photos)?;
        let identity = self.identity(*scorer, &faces)?;
        let typicality = scorer.typicality(&faces)?;
        let scores = pairs.into_iter().enumerate().map(|(i, pair)| Score {
            score: scorer.normalized(pair.score, [probe, statistics[i]]),
            identity: Some(identity[i]),
            typicality: typicality[i].min(self.typicality),
            members: pair.members,
        });
        Ok(scores.collect())
    }

    /// Scores each face by the mean over the people in the probe.
    fn pair_scores(
        &self,
        ensemble: &Ensemble,
        faces: &[Rows],
    ) -> Result<Vec<PairScore>, SearchError> {
        let people = self.probe.templates()[0].count();
        let mut means = vec![PairScore::default(); faces[0].count()];
        for person in 0..people {
            let template = self.probe.templates().iter().map(|rows| rows.select([person]));
            let template: Vec<Rows> = template.collect::<Result<_, _>>()?;
            let pairs = ensemble.score_pairs(&template, faces)?;
            let share = 1.0 / people as f64;
            means.iter_mut().zip(&pairs).for_each(|(mean, pair)| mean.add(pair, share));
        }
        Ok(means)
    }

    /// Scores each face by the maximum over the probe's photos.
    fn identity(&self, scorer: OpenSetScorer<'_>, faces: &[Rows]) -> Result<Vec<f64>, SearchError> {
        let ratios = scorer.identity(self.probe.photos(), faces)?;
        let mut highest = vec![f64::NEG_INFINITY; faces[0].count()];
        for row in ratios.chunks_exact(highest.len()) {
            highest.iter_mut().zip(row).for_each(|(high, &ratio)| *high = high.max(ratio));
        }
        Ok(highest)
    }
}

impl Score {
    fn from_cosine(cosine: f32) -> Self {
        let members = Vec::new();
        Self { score: cosine.into(), identity: None, typicality: 1.0, members }
    }
}

impl From<PairScore> for Score {
    fn from(pair: PairScore) -> Self {
        let PairScore { log_odds, members, .. } = pair;
        Self { score: log_odds, identity: None, typicality: 1.0, members }
    }
}
