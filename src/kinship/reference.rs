//! A gallery's own cohort, a sample of its people.
//!
//! It normalizes the scores of the gallery's searches and counts their chance matches.

use std::ops::Range;
use std::sync::OnceLock;

use super::{
    CohortStatistics, FaceOwner, GallerySample, KinshipError, OpenSetScorer, ProbeFaces, Rows,
    Tail, person_score,
};

/// A sample of a gallery's people, for score normalization.
///
/// A face is compared with the people of the searched gallery. Strangers of the same gallery are
/// the best reference for a high score. They were photographed and cropped in the same way. A small
/// gallery has too few of them. The bundle's cohort then supplements the sample until the sample is
/// full.
pub struct Reference {
    sample: GallerySample,
    /// Statistics of the sampled faces; empty if there are too few faces.
    statistics: Vec<CohortStatistics>,
    /// Tails by the number of the probe's photos, from 1. Each is fitted at its first use.
    tails: [OnceLock<Tail>; GallerySample::MAX_FACES_OF_PERSON],
}

/// Weight of the bundle's cohort, in faces of a gallery's own sample.
const COHORT_FACES: f64 = 128.0;
/// Minimum sample size. The highest scores of a smaller sample are not those of the most similar
/// strangers.
const MIN_FACES: usize = 200;
/// Maximum number of sampled probes, which measure the scores of strangers in this gallery.
const MAX_PROBES: usize = 512;
/// Minimum number of high scores. With fewer, the tail is the bundle's.
const MIN_PEAKS: usize = 40;

impl Reference {
    /// Creates a reference of a gallery from a sample of its people.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn new(scorer: OpenSetScorer<'_>, sample: GallerySample) -> Result<Self, KinshipError> {
        let mut reference = Self { sample, statistics: Vec::new(), tails: Default::default() };
        if reference.sample.len() >= MIN_FACES {
            let GallerySample { faces, owners } = &reference.sample;
            reference.statistics = reference.statistics(scorer, faces, owners)?;
        }
        Ok(reference)
    }

    /// Returns the score tail of unrelated people of this gallery.
    ///
    /// The tail applies to a probe of `probe_photos` photos. The scores of several photos vary less
    /// than those of one. So the same score is rarer.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn tail(
        &self,
        scorer: OpenSetScorer<'_>,
        probe_photos: usize,
    ) -> Result<Tail, KinshipError> {
        let count = probe_photos.clamp(1, self.tails.len());
        if let Some(tail) = self.tails[count - 1].get() {
            return Ok(*tail);
        }
        let tail = match self.fitted_tail(scorer, count)? {
            Some(tail) => tail,
            None if count > 1 => self.tail(scorer, 1)?,
            None => scorer.config().tail,
        };
        Ok(*self.tails[count - 1].get_or_init(|| tail))
    }

    /// Returns statistics of enrolled faces, per backbone `(m, d)` → m.
    ///
    /// Faces of the own family do not count.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn statistics(
        &self,
        scorer: OpenSetScorer<'_>,
        faces: &[Rows],
        owners: &[FaceOwner],
    ) -> Result<Vec<CohortStatistics>, KinshipError> {
        if self.sample.len() < MIN_FACES {
            return scorer.cohort_statistics(faces);
        }
        let scores = scorer.ensemble().scores(faces, &self.sample.faces)?;
        let mut sampled = Vec::with_capacity(owners.len());
        for (scores, owner) in scores.chunks_exact(self.sample.len()).zip(owners) {
            sampled.push(self.sample_statistics(scores, |other| other.family == owner.family));
        }
        if self.sample.is_full() && sampled.iter().all(Option::is_some) {
            return Ok(sampled.into_iter().flatten().collect());
        }
        let cohort = scorer.cohort_statistics(faces)?.into_iter().zip(sampled);
        Ok(cohort.map(|(cohort, sampled)| self.mixed(cohort, sampled)).collect())
    }

    /// Returns statistics of a probe. Sampled faces for which `is_excluded` is true do not count.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn probe_statistics(
        &self,
        scorer: OpenSetScorer<'_>,
        probe: &ProbeFaces,
        is_excluded: impl Fn(&FaceOwner) -> bool,
    ) -> Result<CohortStatistics, KinshipError> {
        let sampled = match self.sample.len() < MIN_FACES {
            true => None,
            false => {
                self.sample_statistics(&probe.scores(scorer, &self.sample.faces)?, is_excluded)
            }
        };
        if let Some(sampled) = sampled.filter(|_| self.sample.is_full()) {
            return Ok(sampled);
        }
        let mut cohort = probe.scores(scorer, &scorer.cohort().faces)?;
        let found = cohort.len();
        let cohort = CohortStatistics::from_scores(&mut cohort)
            .ok_or(KinshipError::SmallCohort { found })?;
        Ok(self.mixed(cohort, sampled))
    }

    /// Returns the statistics with the sampled faces.
    ///
    /// Returns `None` if too few of them count.
    fn sample_statistics(
        &self,
        scores: &[f32],
        is_excluded: impl Fn(&FaceOwner) -> bool,
    ) -> Option<CohortStatistics> {
        let counted = scores.iter().zip(&self.sample.owners);
        let counted = counted.filter(|(_, owner)| !is_excluded(owner));
        let mut scores: Vec<f32> = counted.map(|(score, _)| *score).collect();
        (scores.len() >= MIN_FACES).then(|| CohortStatistics::from_scores(&mut scores)).flatten()
    }

    /// Mixes the statistics with the sampled faces and those with the bundle's cohort.
    ///
    /// The cohort counts as [`COHORT_FACES`] sampled faces. It does not count if the sample is
    /// full.
    fn mixed(
        &self,
        cohort: CohortStatistics,
        sampled: Option<CohortStatistics>,
    ) -> CohortStatistics {
        match sampled {
            None => cohort,
            Some(sampled) if self.sample.is_full() => sampled,
            Some(sampled) => {
                let share = COHORT_FACES / (self.sample.len() as f64 + COHORT_FACES);
                sampled.mixed(cohort, share)
            }
        }
    }

    /// Fits the tail of scores between sampled people of different families.
    ///
    /// Each probe has `count` photos of one person.
    ///
    /// Returns `None` if there are too few scores.
    fn fitted_tail(
        &self,
        scorer: OpenSetScorer<'_>,
        count: usize,
    ) -> Result<Option<Tail>, KinshipError> {
        if self.statistics.is_empty() {
            return Ok(None);
        }
        let people: Vec<Range<usize>> = self.sample.people().collect();
        let probes: Vec<Range<usize>> = people
            .iter()
            .flat_map(|photos| (photos.start..photos.end - photos.len() % count).step_by(count))
            .map(|start| start..start + count)
            .collect();
        let step = probes.len().div_ceil(MAX_PROBES).max(1);
        let mut strangers = Vec::new();
        for probe in probes.into_iter().step_by(step) {
            strangers.extend(self.stranger_scores(scorer, probe, &people)?);
        }
        Ok(scorer.config().tail.refit(&mut strangers, MIN_PEAKS))
    }

    /// Returns the scores of people of other families with sampled photos of one person.
    fn stranger_scores(
        &self,
        scorer: OpenSetScorer<'_>,
        probe: Range<usize>,
        people: &[Range<usize>],
    ) -> Result<Vec<f64>, KinshipError> {
        let GallerySample { faces, owners } = &self.sample;
        let family = owners[probe.start].family;
        let photos = faces.iter().map(|rows| rows.select(probe.clone()));
        let photos: Vec<Rows> = photos.collect::<Result<_, _>>()?;
        let photos = ProbeFaces::new(photos, &[probe.len()])?;
        let statistics = match probe.len() {
            1 => self.statistics[probe.start],
            _ => self.probe_statistics(scorer, &photos, |owner| owner.family == family)?,
        };
        let scores = photos.scores(scorer, faces)?;
        let mut strangers = Vec::new();
        for person in people.iter().filter(|photos| owners[photos.start].family != family) {
            strangers.push(person_score(person.clone().map(|i| {
                scorer.normalized(f64::from(scores[i]), [statistics, self.statistics[i]])
            })));
        }
        Ok(strangers)
    }
}
