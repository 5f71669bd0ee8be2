//! A gallery's own cohort: a sample of its people, by which the scores of its searches are normalized and their chance
//! matches are counted.

use super::cohort::CohortStatistics;
use super::{KinshipError, OpenSetScorer, Rows, Tail};

/// Whose face it is, by numbers that only have to differ within one gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaceOwner {
    /// The person.
    pub person: u64,
    /// The family.
    pub family: u64,
}

/// Sampled faces of a gallery; the photos of one person lie next to each other.
#[derive(Clone, Debug, Default)]
pub struct GallerySample {
    /// Per backbone `(n, d)`; empty if the gallery is.
    pub faces: Vec<Rows>,
    /// Whose face each is, `(n)`.
    pub owners: Vec<FaceOwner>,
}

/// A sample of a gallery's people.
///
/// A face is compared with the people who are searched, so strangers of the same gallery say best what a high score is:
/// they were photographed and cut like it. A small gallery has too few of them; the bundle's cohort stands in for the rest
/// until the sample is full.
pub struct Reference {
    sample: GallerySample,
    tail: Tail,
}

/// The bundle's cohort counts as so many faces next to a gallery's own.
const COHORT_FACES: f64 = 128.0;
/// A smaller sample is not used: its highest scores are not those of the most similar strangers.
const MIN_FACES: usize = 200;
/// Sampled faces that search the sample, to see how strangers of this gallery score.
const MAX_PROBES: usize = 512;
/// With fewer high scores than this the tail is the bundle's.
const MIN_PEAKS: usize = 40;

/// The photos of a probe; of two people if children of both are searched for.
#[derive(Clone, Debug)]
pub struct ProbeFaces {
    /// Per backbone `(n, d)`.
    faces: Vec<Rows>,
    /// How much each photo counts, `(n)`; the sum is 1.
    weights: Vec<f32>,
}

impl ProbeFaces {
    /// Photos of one or several people, per backbone `(n, d)`; `people` holds the number of photos of each. Every person counts
    /// alike, and so does every photo of a person.
    pub fn new(faces: Vec<Rows>, people: &[usize]) -> Self {
        let weight =
            |&count: &usize| std::iter::repeat_n(1.0 / (people.len() * count) as f32, count);
        Self { faces, weights: people.iter().flat_map(weight).collect() }
    }

    /// The photos, per backbone `(n, d)`.
    pub fn faces(&self) -> &[Rows] {
        &self.faces
    }

    /// The weighted mean of the photos' scores with each of `others`, per backbone `(m, d)` → m.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's backbones.
    pub fn scores(
        &self,
        scorer: OpenSetScorer<'_>,
        others: &[Rows],
    ) -> Result<Vec<f32>, KinshipError> {
        let scores = scorer.ensemble().scores(&self.faces, others)?;
        let mut mean = vec![0.0; others[0].count()];
        for (row, weight) in scores.chunks_exact(mean.len()).zip(&self.weights) {
            mean.iter_mut().zip(row).for_each(|(sum, score)| *sum += weight * score);
        }
        Ok(mean)
    }
}

impl GallerySample {
    /// Photos in a sample, at most.
    pub const MAX_FACES: usize = 1024;
    /// Photos of one person in a sample, at most.
    pub const MAX_FACES_OF_PERSON: usize = 4;

    /// The number of faces, n.
    fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether one more person may have found no place.
    fn is_full(&self) -> bool {
        self.len() > Self::MAX_FACES - Self::MAX_FACES_OF_PERSON
    }

    /// The rows of each person.
    fn people(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let mut start = 0;
        self.owners.chunk_by(|a, b| a.person == b.person).map(move |photos| {
            let range = start..start + photos.len();
            start = range.end;
            range
        })
    }
}

impl Reference {
    /// A reference of a gallery by a sample of its people.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's backbones.
    pub fn new(scorer: OpenSetScorer<'_>, sample: GallerySample) -> Result<Self, KinshipError> {
        let mut reference = Self { sample, tail: scorer.config().tail };
        if let Some(tail) = reference.fitted_tail(scorer)? {
            reference.tail = tail;
        }
        Ok(reference)
    }

    /// How unrelated people of this gallery score.
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Statistics of enrolled faces, per backbone `(m, d)` → m; faces of the own family do not count.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's backbones.
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

    /// Statistics of a probe: of the weighted mean of its photos' scores. Sampled faces of which `is_own` is true do not count.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's backbones.
    pub fn probe_statistics(
        &self,
        scorer: OpenSetScorer<'_>,
        probe: &ProbeFaces,
        is_own: impl Fn(&FaceOwner) -> bool,
    ) -> Result<CohortStatistics, KinshipError> {
        let mut cohort = probe.scores(scorer, &scorer.cohort().faces)?;
        let found = cohort.len();
        let cohort =
            CohortStatistics::of_scores(&mut cohort).ok_or(KinshipError::SmallCohort { found })?;
        if self.sample.len() < MIN_FACES {
            return Ok(cohort);
        }
        let own = self.own_statistics(&probe.scores(scorer, &self.sample.faces)?, is_own);
        Ok(self.mixed(cohort, own))
    }

    /// The statistics with the sampled faces; `None` if too few of them count.
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

    /// The statistics with the sampled faces, and with the bundle's cohort as if it were [`COHORT_FACES`] of them, unless
    /// the sample is full.
    fn mixed(&self, cohort: CohortStatistics, own: Option<CohortStatistics>) -> CohortStatistics {
        match own {
            None => cohort,
            Some(own) if self.sample.is_full() => own,
            Some(own) => {
                own.mixed(cohort, COHORT_FACES / (self.sample.len() as f64 + COHORT_FACES))
            }
        }
    }

    /// The tail of scores between sampled people of different families; `None` if they are too few.
    fn fitted_tail(&self, scorer: OpenSetScorer<'_>) -> Result<Option<Tail>, KinshipError> {
        let GallerySample { faces, owners } = &self.sample;
        if self.sample.len() < MIN_FACES {
            return Ok(None);
        }
        let statistics = self.statistics(scorer, faces, owners)?;
        let people: Vec<_> = self.sample.people().collect();
        let step = owners.len().div_ceil(MAX_PROBES);
        let probes: Vec<usize> = (0..owners.len()).step_by(step).collect();
        let probe_faces: Vec<Rows> = faces
            .iter()
            .map(|rows| rows.select(probes.iter().copied()))
            .collect::<Result<_, _>>()?;
        let scores = scorer.ensemble().scores(&probe_faces, faces)?;
        let mut strangers = Vec::new();
        for (&probe, scores) in probes.iter().zip(scores.chunks_exact(owners.len())) {
            let others =
                people.iter().filter(|photos| owners[photos.start].family != owners[probe].family);
            strangers.extend(others.map(|photos| {
                person_score(photos.clone().map(|i| {
                    let faces = [statistics[probe], statistics[i]];
                    scorer.normalized(f64::from(scores[i]), faces)
                }))
            }));
        }
        Ok(scorer.config().tail.refit(&mut strangers, MIN_PEAKS))
    }
}

/// A person's score from the normalized scores of their photos: the logarithm of the mean of the exponentials. One photo
/// that shows the likeness decides more than many that do not.
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
    fn photos_of_a_person_are_one_range() {
        let owner = |person: u64| FaceOwner { person, family: 1 };
        let owners = vec![owner(1), owner(1), owner(2), owner(3), owner(3)];
        let sample = GallerySample { faces: Vec::new(), owners };
        assert_eq!(sample.people().collect::<Vec<_>>(), [0..2, 2..3, 3..5]);
    }
}
