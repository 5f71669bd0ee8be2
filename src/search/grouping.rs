//! Photos to people, people to families.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::rerank::{Judged, kinship};
use super::{Answer, CoupleMatch, FamilyMatch, Grouping, Options, PersonMatch, PhotoMatch};
use crate::kinship::{Ensemble, Judgement, probability};

/// A person's photos among the candidates.
struct Grouped {
    found: PersonMatch,
    judgements: Vec<Judgement>,
}

/// Groups photos, nearest first, by person, without their kin: those who are the probe's own person, and the others.
/// With an ensemble the likeliest kin come first, else those of the nearest photo.
pub(super) fn people(
    nearest: Vec<Judged>,
    ensemble: Option<&Ensemble>,
) -> (Vec<PersonMatch>, Vec<PersonMatch>) {
    let mut people: Vec<Grouped> = Vec::new();
    let mut place = HashMap::new();
    for Judged { photo, judgement } in nearest {
        let person = photo.photo.member();
        let at = match place.entry(person) {
            Entry::Occupied(at) => *at.get(),
            Entry::Vacant(at) => {
                let (cosine, photos, listed_kin) = (photo.cosine, Vec::new(), Vec::new());
                let found = PersonMatch { person, cosine, kinship: None, photos, listed_kin };
                people.push(Grouped { found, judgements: Vec::new() });
                *at.insert(people.len() - 1)
            }
        };
        people[at].found.photos.push(photo);
        people[at].judgements.extend(judgement);
    }
    let Some(ensemble) = ensemble else {
        return (Vec::new(), people.into_iter().map(|person| person.found).collect());
    };
    let (threshold, same) =
        (ensemble.config().kin_threshold, ensemble.config().same_person_threshold);
    let judged = people.into_iter().map(|person| person.judged(threshold));
    let (same_person, mut others): (Vec<_>, Vec<_>) =
        judged.partition(|person| f64::from(person.cosine) >= same);
    let likely = |person: &PersonMatch| person.kinship.as_ref().map_or(0.0, |k| k.probability);
    // Stable: of equally likely people the nearest comes first.
    others.sort_by(|a, b| likely(b).total_cmp(&likely(a)));
    (same_person, others)
}

impl Grouped {
    /// A person's log odds are half way between the mean and the highest of their photos.
    fn judged(mut self, threshold: f64) -> PersonMatch {
        let mut joined = Judgement::default();
        let share = 0.5 / self.judgements.len() as f64;
        self.judgements.iter().for_each(|judgement| joined.add(judgement, share));
        let highest = self.judgements.iter().max_by(|a, b| a.log_odds.total_cmp(&b.log_odds));
        highest.into_iter().for_each(|highest| joined.add(highest, 0.5));
        self.found.kinship = Some(kinship(&joined, threshold));
        self.found
    }
}

/// Groups people by family; families come in the order of their first person.
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
                probability: kinship.as_ref().map(|kinship| kinship.probability),
                people: vec![*person],
            }),
        }
    }
    families
}

/// Leaves of an answer's people, photos or families as many as are wanted, and of the others what belongs to these.
pub(super) fn limit(answer: &mut Answer, options: &Options) {
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
            let is_left = |found: &PersonMatch| {
                answer.families.iter().any(|family| family.family == found.person.family())
            };
            answer.people.retain(is_left);
        }
    }
}

/// The likeliest kin first; of equally likely ones, and without an ensemble, the nearest first.
pub(super) fn sort_photos(photos: &mut [PhotoMatch]) {
    let likely = |photo: &PhotoMatch| photo.kinship.as_ref().map_or(0.0, |k| k.probability);
    photos.sort_by(|a, b| {
        likely(b).total_cmp(&likely(a)).then_with(|| b.cosine.total_cmp(&a.cosine))
    });
}

/// Of every family the two likeliest kin who are not listed as kin of each other, as parents are not.
pub(super) fn couples(people: &[PersonMatch]) -> Vec<CoupleMatch> {
    let mut couples: Vec<CoupleMatch> = Vec::new();
    for (at, first) in people.iter().enumerate() {
        let is_new = |couple: &CoupleMatch| couple.people[0].family() != first.person.family();
        let may_marry = |other: &&PersonMatch| {
            other.person.family() == first.person.family()
                && !first.listed_kin.contains(&other.person)
        };
        let second = people[at + 1..].iter().find(may_marry);
        if let Some(second) = second.filter(|_| couples.iter().all(is_new)) {
            let log_odds = |person: &PersonMatch| {
                let probability = person.kinship.as_ref().map_or(0.5, |k| k.probability);
                (probability / (1.0 - probability)).ln()
            };
            couples.push(CoupleMatch {
                people: [first.person, second.person],
                probability: probability((log_odds(first) + log_odds(second)) / 2.0),
            });
        }
    }
    couples.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    couples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Kinship;

    #[test]
    fn photos_are_grouped_by_person_and_people_by_family_in_the_order_of_the_nearest() {
        let near = [
            ("F0002/MID1/a", 0.9),
            ("F0001/MID1/b", 0.8),
            ("F0002/MID1/c", 0.7),
            ("F0002/MID4/d", 0.6),
        ];
        let judged = near.map(|(id, cosine)| Judged {
            photo: PhotoMatch { photo: id.parse().unwrap(), cosine, kinship: None },
            judgement: None,
        });
        let (same_person, people) = people(judged.into(), None);
        assert!(same_person.is_empty());
        let names: Vec<_> = people.iter().map(|p| p.person.to_string()).collect();
        assert_eq!(names, ["F0002/MID1", "F0001/MID1", "F0002/MID4"]);
        assert_eq!((people[0].cosine, people[0].photos.len()), (0.9, 2));

        let families = families(&people);
        assert_eq!(families.len(), 2);
        assert_eq!((families[0].cosine, families[0].people.len()), (0.9, 2));
    }

    #[test]
    fn a_persons_log_odds_are_between_the_mean_and_the_highest_of_their_photos() {
        let found = PersonMatch {
            person: "F0001/MID1".parse().unwrap(),
            cosine: 0.5,
            kinship: None,
            photos: Vec::new(),
            listed_kin: Vec::new(),
        };
        let judgement = |log_odds| Judgement { log_odds, members: vec![log_odds, 0.0] };
        let grouped = Grouped { found, judgements: vec![judgement(2.0), judgement(-2.0)] };
        let kinship = grouped.judged(0.5).kinship.unwrap();
        assert!((kinship.probability - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-12);
        assert!(kinship.is_kin && kinship.members[1] == 0.5);
    }

    #[test]
    fn parents_are_two_of_a_family_who_are_not_kin_of_each_other() {
        let likely = [
            ("F0001/MID1", 0.9, vec!["F0001/MID2"]),
            ("F0002/MID1", 0.8, vec![]),
            ("F0001/MID2", 0.8, vec!["F0001/MID1"]),
            ("F0002/MID2", 0.7, vec![]),
            ("F0001/MID3", 0.5, vec![]),
            ("F0003/MID1", 0.4, vec![]),
        ];
        let people: Vec<PersonMatch> = likely
            .into_iter()
            .map(|(person, probability, kin)| PersonMatch {
                person: person.parse().unwrap(),
                cosine: 0.5,
                kinship: Some(Kinship { probability, is_kin: true, members: Vec::new() }),
                photos: Vec::new(),
                listed_kin: kin.into_iter().map(|kin| kin.parse().unwrap()).collect(),
            })
            .collect();
        let couples = couples(&people);
        let names: Vec<_> =
            couples.iter().map(|couple| couple.people.map(|person| person.to_string())).collect();
        assert_eq!(names, [["F0002/MID1", "F0002/MID2"], ["F0001/MID1", "F0001/MID3"]]);
        assert!(couples[0].probability > 0.7 && couples[0].probability < 0.8);
    }
}
