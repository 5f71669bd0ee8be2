//! Cohort of a bundle: means of several people's faces.

use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::kinship::{Cohort, KinshipError, Rows, unit_mean};
use crate::train::data::corpus::Corpus;

/// Number of faces in a cohort.
const FACES: usize = 2000;
/// Number of people averaged into one cohort face.
const PEOPLE: usize = 3;

/// People of one source that a cohort may include.
pub(crate) struct CohortPeople<'a> {
    pub(crate) source: &'a Corpus,
    /// Indices of the people.
    pub(crate) people: Vec<usize>,
}

impl<'a> CohortPeople<'a> {
    /// Selects all people of a source.
    pub(crate) fn all(source: &'a Corpus) -> Self {
        Self { source, people: (0..source.pedigree.people().len()).collect() }
    }

    /// Selects all people of a source, except those of some families.
    pub(crate) fn without_families(source: &'a Corpus, families: &[usize]) -> Self {
        let people = source.pedigree.people();
        let people = (0..people.len()).filter(|&i| !families.contains(&people[i].family));
        Self { source, people: people.collect() }
    }
}

/// Draws a cohort from several sources, with equally many faces from each.
///
/// Returns `None` if there are not enough people.
pub(super) fn draw_cohort(
    groups: &[CohortPeople<'_>],
    seed: u64,
) -> Result<Option<Cohort>, KinshipError> {
    let groups: Vec<_> = groups.iter().filter(|group| group.people.len() >= PEOPLE).collect();
    let Some(first) = groups.first() else { return Ok(None) };
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let backbones = first.source.backbones.len();
    let mut faces: Vec<Vec<f32>> = vec![Vec::new(); backbones];
    for i in 0..FACES {
        let CohortPeople { source, people } = groups[i % groups.len()];
        let people: Vec<usize> = people.choose_multiple(&mut random, PEOPLE).copied().collect();
        let mut photos: Vec<usize> = Vec::new();
        for person in people {
            photos.extend(source.pedigree.people()[person].photos.choose(&mut random));
        }
        for (faces, (_, rows)) in faces.iter_mut().zip(&source.backbones) {
            faces.extend(unit_mean(photos.iter().map(|&photo| rows.row(photo))));
        }
    }
    let widths = first.source.backbones.iter().map(|(_, rows)| rows.dimension());
    let faces = faces.into_iter().zip(widths);
    let faces = faces.map(|(values, width)| Rows::from_values(values, width));
    Ok(Some(Cohort { faces: faces.collect::<Result<_, _>>()? }))
}
