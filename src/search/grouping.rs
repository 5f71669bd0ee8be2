//! Grouping of photos by person, and of people by family.

use std::collections::HashMap;

use super::score::{Score, Scorer, SearchScale};
use super::{Answer, FamilyMatch, Grouping, Options, PersonMatch, PhotoMatch};
use crate::domain::PersonId;

/// A photo of the gallery and its score.
#[derive(Clone)]
pub(super) struct ScoredPhoto {
    pub(super) photo: PhotoMatch,
    pub(super) score: Score,
}

/// People found by a search.
#[derive(Default)]
pub(super) struct FoundPeople {
    /// People identified as the probe.
    pub(super) same_person: Vec<PersonMatch>,
    /// Other people, in descending order of score.
    pub(super) others: Vec<PersonMatch>,
}

/// Groups photos by person, and separates the probe person from the others.
///
/// The photos come nearest first. Listed kin are not filled in.
pub(super) fn people(
    photos: Vec<ScoredPhoto>,
    scorer: &Scorer<'_>,
    scale: SearchScale,
) -> FoundPeople {
    let mut order: Vec<PersonId> = Vec::new();
    let mut by_person: HashMap<PersonId, Vec<ScoredPhoto>> = HashMap::new();
    for photo in photos {
        let person = photo.photo.photo.member();
        let photos = by_person.entry(person).or_insert_with(|| {
            order.push(person);
            Vec::new()
        });
        photos.push(photo);
    }
    let mut scored: Vec<(Score, PersonMatch)> = order
        .into_iter()
        .filter_map(|person| Some((person, by_person.remove(&person)?)))
        .map(|(person, photos)| scored_person(person, photos, scorer, scale))
        .collect();
    // The sort is stable: of equal scores the nearest comes first.
    scored.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
    let mut found = FoundPeople::default();
    for (score, person) in scored {
        match is_same_person(&score, &person, scorer) {
            true => found.same_person.push(person),
            false => found.others.push(person),
        }
    }
    found.same_person.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    found
}

fn scored_person(
    person: PersonId,
    photos: Vec<ScoredPhoto>,
    scorer: &Scorer<'_>,
    scale: SearchScale,
) -> (Score, PersonMatch) {
    let scores: Vec<Score> = photos.iter().map(|photo| photo.score.clone()).collect();
    let score = scorer.person(&scores);
    let kinship = scorer.kinship(&score, scale);
    let mut photos: Vec<PhotoMatch> = photos.into_iter().map(|photo| photo.photo).collect();
    photos.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    let cosine = photos.first().map_or(-1.0, |photo| photo.cosine);
    let listed_kin = Vec::new();
    let found = PersonMatch { person, score: score.score, cosine, kinship, photos, listed_kin };
    (score, found)
}

/// Returns whether a person is more likely the probe person than kin.
///
/// That holds in two cases. The nearest photo is one that only the same person has. Or the person
/// stands out, and the identity head prefers the same person.
fn is_same_person(score: &Score, person: &PersonMatch, scorer: &Scorer<'_>) -> bool {
    let Some(ensemble) = scorer.ensemble() else { return false };
    let is_nearest = f64::from(person.cosine) >= ensemble.config().same_person_threshold;
    is_nearest || person.is_kin() && score.identity.is_some_and(|ratio| ratio > 0.0)
}

/// Groups people by family. Families come in the order of their first person.
pub(super) fn families(people: &[PersonMatch]) -> Vec<FamilyMatch> {
    let mut families: Vec<FamilyMatch> = Vec::new();
    for PersonMatch { person, cosine, kinship, .. } in people {
        let family = person.family();
        match families.iter_mut().find(|known| known.family == family) {
            Some(known) => {
                known.people.push(*person);
                known.cosine = known.cosine.max(*cosine);
            }
            None => families.push(FamilyMatch {
                family,
                cosine: *cosine,
                log_likelihood_ratio: kinship.as_ref().map(|k| k.log_likelihood_ratio),
                people: vec![*person],
            }),
        }
    }
    families
}

/// Limits an answer to the requested number of people, photos or families.
///
/// Of the other two groups, the entries that belong to these remain.
pub(super) fn limit(answer: &mut Answer, options: &Options) {
    answer.same_person.truncate(options.limit);
    if options.group_by != Grouping::Family {
        answer.people.truncate(options.limit);
    }
    answer.families = families(&answer.people);
    match options.group_by {
        Grouping::Person => {}
        Grouping::Photo => {
            answer.photos = answer.people.iter().flat_map(|found| found.photos.clone()).collect();
            sort_photos(&mut answer.photos);
            answer.photos.truncate(options.limit);
        }
        Grouping::Family => {
            answer.families.truncate(options.limit);
            let families = &answer.families;
            answer.people.retain(|found| {
                families.iter().any(|family| family.family == found.person.family())
            });
        }
    }
}

/// Sorts photos by likelihood ratio, the highest first.
///
/// Equal ones, and photos without an ensemble, come nearest first.
pub(super) fn sort_photos(photos: &mut [PhotoMatch]) {
    photos.sort_by(|a, b| {
        let [ratio_a, ratio_b] = [a, b].map(|photo| photo.log_likelihood_ratio.unwrap_or_default());
        ratio_b.total_cmp(&ratio_a).then_with(|| b.cosine.total_cmp(&a.cosine))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(id: &str, cosine: f32) -> ScoredPhoto {
        ScoredPhoto {
            photo: PhotoMatch { photo: id.parse().unwrap(), cosine, log_likelihood_ratio: None },
            score: Score {
                score: cosine.into(),
                identity: None,
                typicality: 1.0,
                members: Vec::new(),
            },
        }
    }

    #[test]
    fn photos_are_grouped_by_person_and_people_by_family() {
        let photos = [
            ("F0002/MID1/a", 0.9),
            ("F0001/MID1/b", 0.8),
            ("F0002/MID1/c", 0.7),
            ("F0002/MID4/d", 0.6),
        ];
        let photos = photos.map(|(id, cosine)| scored(id, cosine));
        let scale = SearchScale {
            people: 3,
            expected_relatives: 1.0,
            max_false_positive_rate: 0.1,
            tail: None,
        };
        let found = people(photos.into(), &Scorer::Cosine, scale);
        assert!(found.same_person.is_empty());
        let names: Vec<_> = found.others.iter().map(|p| p.person.to_string()).collect();
        assert_eq!(names, ["F0002/MID1", "F0001/MID1", "F0002/MID4"]);
        assert_eq!((found.others[0].cosine, found.others[0].photos.len()), (0.9, 2));

        let families = families(&found.others);
        assert_eq!(families.len(), 2);
        assert_eq!((families[0].cosine, families[0].people.len()), (0.9, 2));
    }
}
