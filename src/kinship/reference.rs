//! A gallery's own cohort, a sample of its people.
//!
//! It normalizes the scores of the gallery's searches and counts their chance matches.

use std::ops::Range;
use std::sync::OnceLock;

use super::cohort::CohortStatistics;
use super::{KinshipError, OpenSetScorer, Rows, Tail, unit_mean};

/// Owner of a face, by numbers that only have to differ within one gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaceOwner {
    /// The person.
    pub person: u64,
    /// The family.
    pub family: u64,
}

/// Sampled faces of a gallery. The photos of one person are adjacent.
#[derive(Clone, Debug, Default)]
pub struct GallerySample {
    /// Embeddings, per backbone `(n, d)`; empty if the gallery is empty.
    pub faces: Vec<Rows>,
    /// Owner of each face, `(n)`.
    pub owners: Vec<FaceOwner>,
}

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

/// Photos of a probe, or of two probes if children of both are searched for.
#[derive(Clone, Debug)]
pub struct ProbeFaces {
    /// Embeddings of the photos, per backbone `(n, d)`.
    photos: Vec<Rows>,
    /// Mean embedding of each person's photos, of unit length, per backbone `(people, d)`.
    ///
    /// It finds more relatives than the mean of the photos' scores. DIR is 0.096 instead of 0.070
    /// with three photos of each probe.
    templates: Vec<Rows>,
}

impl ProbeFaces {
    /// Creates a probe from photos of one or several people, per backbone `(n, d)`.
    ///
    /// `people` holds the number of photos of each person.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if there is no photo.
    ///
    /// # Panics
    /// If there are fewer photos than `people` counts.
    pub fn new(photos: Vec<Rows>, people: &[usize]) -> Result<Self, KinshipError> {
        let template = |rows: &Rows| {
            let mut start = 0;
            let mut values = Vec::with_capacity(people.len() * rows.dimension());
            for &count in people {
                values.extend(unit_mean((start..start + count).map(|i| rows.row(i))));
                start += count;
            }
            Rows::from_values(values, rows.dimension())
        };
        let templates = photos.iter().map(template).collect::<Result<_, _>>()?;
        Ok(Self { photos, templates })
    }

    /// Returns the photos, per backbone `(n, d)`.
    pub fn photos(&self) -> &[Rows] {
        &self.photos
    }

    /// Returns the mean embedding of each person's photos, per backbone `(people, d)`.
    pub fn templates(&self) -> &[Rows] {
        &self.templates
    }

    /// Returns the mean of the people's scores with each of `others`, per backbone `(m, d)` → m.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn scores(
        &self,
        scorer: OpenSetScorer<'_>,
        others: &[Rows],
    ) -> Result<Vec<f32>, KinshipError> {
        let scores = scorer.ensemble().scores(&self.templates, others)?;
        let share = 1.0 / self.templates[0].count() as f32;
        let mut mean = vec![0.0; others[0].count()];
        for row in scores.chunks_exact(mean.len()) {
            mean.iter_mut().zip(row).for_each(|(sum, score)| *sum += share * score);
        }
        Ok(mean)
    }
}

impl GallerySample {
    /// Maximum number of photos in a sample.
    pub const MAX_FACES: usize = 1024;
    /// Maximum number of photos of one person in a sample.
    pub const MAX_FACES_OF_PERSON: usize = 4;

    /// Returns the number of faces, n.
    fn len(&self) -> usize {
        self.owners.len()
    }

    /// Returns whether the sample may have had no room for another person.
    fn is_full(&self) -> bool {
        self.len() > Self::MAX_FACES - Self::MAX_FACES_OF_PERSON
    }

    /// Returns the rows of each person.
    fn people(&self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        self.owners.chunk_by(|a, b| a.person == b.person).map(move |photos| {
            let range = start..start + photos.len();
            start = range.end;
            range
        })
    }
}

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
            return scorer.cohort().statistics(scorer.ensemble(), faces);
        }
        let scores = scorer.ensemble().scores(faces, &self.sample.faces)?;
        let own = scores.chunks_exact(self.sample.len()).zip(owners).map(|(scores, owner)| {
            self.own_statistics(scores, |sampled| sampled.family == owner.family)
        });
        let own: Vec<Option<CohortStatistics>> = own.collect();
        if self.sample.is_full() && own.iter().all(Option::is_some) {
            return Ok(own.into_iter().flatten().collect());
        }
        let cohort = scorer.cohort().statistics(scorer.ensemble(), faces)?;
        Ok(cohort.into_iter().zip(own).map(|(cohort, own)| self.mixed(cohort, own)).collect())
    }

    /// Returns statistics of a probe. Sampled faces for which `is_own` is true do not count.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn probe_statistics(
        &self,
        scorer: OpenSetScorer<'_>,
        probe: &ProbeFaces,
        is_own: impl Fn(&FaceOwner) -> bool,
    ) -> Result<CohortStatistics, KinshipError> {
        let own = match self.sample.len() < MIN_FACES {
            true => None,
            false => self.own_statistics(&probe.scores(scorer, &self.sample.faces)?, is_own),
        };
        if let Some(own) = own.filter(|_| self.sample.is_full()) {
            return Ok(own);
        }
        let mut cohort = probe.scores(scorer, &scorer.cohort().faces)?;
        let found = cohort.len();
        let cohort =
            CohortStatistics::of_scores(&mut cohort).ok_or(KinshipError::SmallCohort { found })?;
        Ok(self.mixed(cohort, own))
    }

    /// Returns the statistics with the sampled faces.
    ///
    /// Returns `None` if too few of them count.
    fn own_statistics(
        &self,
        scores: &[f32],
        is_excluded: impl Fn(&FaceOwner) -> bool,
    ) -> Option<CohortStatistics> {
        let counted = scores.iter().zip(&self.sample.owners);
        let counted = counted.filter(|(_, owner)| !is_excluded(owner));
        let mut scores: Vec<f32> = counted.map(|(score, _)| *score).collect();
        (scores.len() >= MIN_FACES).then(|| CohortStatistics::of_scores(&mut scores)).flatten()
    }

    /// Mixes the statistics with the sampled faces and those with the bundle's cohort.
    ///
    /// The cohort counts as [`COHORT_FACES`] sampled faces. It does not count if the sample is
    /// full.
    fn mixed(&self, cohort: CohortStatistics, own: Option<CohortStatistics>) -> CohortStatistics {
        match own {
            None => cohort,
            Some(own) if self.sample.is_full() => own,
            Some(own) => {
                own.mixed(cohort, COHORT_FACES / (self.sample.len() as f64 + COHORT_FACES))
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
        let select = |rows: &Rows| rows.select(probe.clone());
        let photos: Vec<Rows> = faces.iter().map(select).collect::<Result<_, _>>()?;
        let photos = ProbeFaces::new(photos, &[probe.len()])?;
        let own = match probe.len() {
            1 => self.statistics[probe.start],
            _ => self.probe_statistics(scorer, &photos, |owner| owner.family == family)?,
        };
        let scores = photos.scores(scorer, faces)?;
        let normalized =
            |i: usize| scorer.normalized(f64::from(scores[i]), [own, self.statistics[i]]);
        let strangers = people.iter().filter(|photos| owners[photos.start].family != family);
        Ok(strangers.map(|photos| person_score(photos.clone().map(normalized))).collect())
    }
}

/// Returns a person's score: the logarithm of the mean exponential of the photos' normalized
/// scores.
///
/// One photo that shows the similarity counts more than many that do not.
pub fn person_score(photos: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let highest = photos.clone().fold(f64::NEG_INFINITY, f64::max);
    let count = photos.len() as f64;
    highest + (photos.map(|score| (score - highest).exp()).sum::<f64>() / count).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_score_lies_between_mean_and_highest() {
        let score = person_score([1.0, 3.0].into_iter());
        assert!(score > 2.0 && score < 3.0, "{score}");
        assert_eq!(person_score([2.5].into_iter()), 2.5);
    }

    #[test]
    fn template_is_the_direction_between_a_persons_photos() {
        let photos = Rows::from_values(vec![1.0, 0.0, 0.0, 1.0, 0.0, -1.0], 2).unwrap();
        let probe = ProbeFaces::new(vec![photos.clone()], &[2, 1]).unwrap();
        let half = 0.5_f32.sqrt();
        let expected = [half, half, 0.0, -1.0];
        let found = probe.templates()[0].iter().flatten();
        assert!(found.zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(probe.photos(), [photos]);
    }

    #[test]
    fn photos_of_a_person_are_one_range() {
        let owner = |person: u64| FaceOwner { person, family: 1 };
        let owners = vec![owner(1), owner(1), owner(2), owner(3), owner(3)];
        let sample = GallerySample { faces: Vec::new(), owners };
        assert_eq!(sample.people().collect::<Vec<_>>(), [0..2, 2..3, 3..5]);
    }
}
