//! Searches in memory. The people of a source form a gallery, with the scores of a real search.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::kinship::{
    CohortStatistics, FaceOwner, GallerySample, KinshipError, OpenSetScorer, ProbeFaces, Reference,
    Rows, Tail, person_score,
};
use crate::train::data::corpus::Corpus;

/// Some people of a source, with all their photos.
pub(crate) struct Arena<'a> {
    source: &'a Corpus,
    scorer: OpenSetScorer<'a>,
    reference: Reference,
    /// People of the gallery, by their index in the source.
    people: Vec<usize>,
    /// Their faces, person by person.
    faces: Vec<Rows>,
    statistics: Vec<CohortStatistics>,
}

/// Score of a person of the gallery against a probe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScoredPerson {
    /// Index in the source.
    pub(crate) person: usize,
    pub(crate) score: f64,
}

/// Faces per batch of statistics.
const BATCH: usize = 1024;

impl<'a> Arena<'a> {
    /// Creates a gallery of `people` of a source.
    pub(crate) fn new(
        source: &'a Corpus,
        people: Vec<usize>,
        scorer: OpenSetScorer<'a>,
        seed: u64,
    ) -> Result<Self, KinshipError> {
        let all = source.pedigree.people();
        let photos: Vec<usize> =
            people.iter().flat_map(|&person| all[person].photos.iter().copied()).collect();
        let owners: Vec<FaceOwner> = people
            .iter()
            .flat_map(|&person| {
                std::iter::repeat_n(owner(source, person), all[person].photos.len())
            })
            .collect();
        let reference = Reference::new(scorer, sample(source, &people, seed)?)?;
        let faces = source.faces(&photos)?;
        let mut statistics = Vec::with_capacity(photos.len());
        for (photos, owners) in photos.chunks(BATCH).zip(owners.chunks(BATCH)) {
            statistics.extend(reference.statistics(scorer, &source.faces(photos)?, owners)?);
        }
        Ok(Self { source, scorer, reference, people, faces, statistics })
    }

    /// Returns the score distribution of unrelated people in the gallery against one photo.
    pub(crate) fn tail(&self) -> Result<Tail, KinshipError> {
        self.reference.tail(self.scorer, 1)
    }

    /// Returns the number of people in the gallery.
    pub(crate) fn size(&self) -> usize {
        self.people.len()
    }

    /// Scores all people against one photo of the source, except the probe's own person.
    pub(crate) fn search(
        &self,
        photo: usize,
        probe_person: usize,
    ) -> Result<Vec<ScoredPerson>, KinshipError> {
        let probe = ProbeFaces::new(self.source.faces(&[photo])?, &[1])?;
        let owner = owner(self.source, probe_person);
        let statistics = self
            .reference
            .probe_statistics(self.scorer, &probe, |sampled| sampled.person == owner.person)?;
        let scores = probe.scores(self.scorer, &self.faces)?;
        let mut found = Vec::with_capacity(self.people.len());
        let mut start = 0;
        for &person in &self.people {
            let end = start + self.source.pedigree.people()[person].photos.len();
            if person != probe_person {
                let score = person_score((start..end).map(|i| {
                    let faces = [statistics, self.statistics[i]];
                    self.scorer.normalized(f64::from(scores[i]), faces)
                }));
                found.push(ScoredPerson { person, score });
            }
            start = end;
        }
        Ok(found)
    }
}

fn owner(source: &Corpus, person: usize) -> FaceOwner {
    let family = source.pedigree.people()[person].family as u64;
    FaceOwner { person: person as u64, family }
}

/// Draws a sample of people, with a few photos of each.
fn sample(source: &Corpus, people: &[usize], seed: u64) -> Result<GallerySample, KinshipError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut people = people.to_vec();
    people.shuffle(&mut random);
    let mut photos = Vec::new();
    let mut owners = Vec::new();
    for person in people {
        let all = &source.pedigree.people()[person].photos;
        for &photo in all.iter().take(GallerySample::MAX_FACES_OF_PERSON) {
            photos.push(photo);
            owners.push(owner(source, person));
        }
        if photos.len() + GallerySample::MAX_FACES_OF_PERSON > GallerySample::MAX_FACES {
            break;
        }
    }
    Ok(GallerySample { faces: source.faces(&photos)?, owners })
}
