//! Couples that may be the parents of a probe.

use std::collections::BTreeSet;

use super::{CoupleMatch, PersonMatch};
use crate::domain::{PersonId, Relationship, Role, Sex};
use crate::gallery::Snapshot;

/// Returns, for each family, the two possible parents with the most evidence.
///
/// The two are not listed as kin of each other or as of one sex. Neither is listed as a child,
/// grandchild or sibling of the probe person.
pub(super) fn couples(
    people: &[PersonMatch],
    probe: &BTreeSet<PersonId>,
    snapshot: &Snapshot,
) -> Vec<CoupleMatch> {
    let candidates: Vec<&PersonMatch> = people
        .iter()
        .filter(|found| may_be_parent(found.person, probe, snapshot.relationships_of(found.person)))
        .collect();
    let mut couples: Vec<CoupleMatch> = Vec::new();
    for (i, first) in candidates.iter().enumerate() {
        let family = first.person.family();
        if !couples.iter().any(|couple| couple.people[0].family() == family) {
            couples.extend(best_couple(first, &candidates[i + 1..], snapshot));
        }
    }
    couples.sort_by(|a, b| b.log_likelihood_ratio.total_cmp(&a.log_likelihood_ratio));
    couples
}

/// Returns a person with the first of `candidates` that may be the other parent.
fn best_couple(
    first: &PersonMatch,
    candidates: &[&PersonMatch],
    snapshot: &Snapshot,
) -> Option<CoupleMatch> {
    let first_sex = listed_sex(first.person, snapshot.relationships_of(first.person));
    for second in candidates {
        let second_sex = listed_sex(second.person, snapshot.relationships_of(second.person));
        if second.person.family() == first.person.family()
            && !first.listed_kin.contains(&second.person)
            && !is_same_sex(first_sex, second_sex)
        {
            return Some(CoupleMatch {
                people: [first.person, second.person],
                log_likelihood_ratio: evidence(first) + evidence(second),
                is_known_couple: first_sex.is_some() && second_sex.is_some(),
            });
        }
    }
    None
}

/// Returns the log likelihood ratio of kinship, 0 without an ensemble.
fn evidence(person: &PersonMatch) -> f64 {
    person.kinship.as_ref().map_or(0.0, |kinship| kinship.log_likelihood_ratio)
}

/// Returns whether the listed relations permit a person as a parent of the probe person.
fn may_be_parent(person: PersonId, probe: &BTreeSet<PersonId>, pairs: &[Relationship]) -> bool {
    pairs.iter().all(|pair| {
        let with_probe = pair.relative_of(person).is_some_and(|relative| probe.contains(&relative));
        let role = pair.role_of(person);
        !with_probe || role.is_none_or(|role: Role| role.generations_below == -1)
    })
}

/// Returns the sex in a person's listed relations, if they agree.
fn listed_sex(person: PersonId, pairs: &[Relationship]) -> Option<Sex> {
    let mut sexes = pairs.iter().filter_map(|pair| pair.role_of(person)?.sex);
    let first = sexes.next()?;
    sexes.all(|sex| sex == first).then_some(first)
}

fn is_same_sex(a: Option<Sex>, b: Option<Sex>) -> bool {
    a.is_some() && a == b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Relation;

    fn id(text: &str) -> PersonId {
        text.parse().unwrap()
    }

    fn pair(a: &str, b: &str, relation: Relation) -> Relationship {
        Relationship::new(id(a), id(b), Some(relation)).unwrap()
    }

    #[test]
    fn listed_children_and_siblings_are_no_parents() {
        let probe = BTreeSet::from([id("F0001/MID1")]);
        let child = pair("F0001/MID1", "F0001/MID2", Relation::FatherSon);
        let brother = pair("F0001/MID1", "F0001/MID3", Relation::Brothers);
        let father = pair("F0001/MID4", "F0001/MID1", Relation::FatherSon);
        assert!(!may_be_parent(id("F0001/MID2"), &probe, &[child]));
        assert!(!may_be_parent(id("F0001/MID3"), &probe, &[brother]));
        assert!(may_be_parent(id("F0001/MID4"), &probe, &[father]));
        assert!(may_be_parent(id("F0001/MID2"), &BTreeSet::new(), &[child]));
    }

    #[test]
    fn sex_follows_from_listed_relations() {
        let pairs = [
            pair("F0001/MID1", "F0001/MID2", Relation::MotherSon),
            pair("F0001/MID1", "F0001/MID3", Relation::Sisters),
        ];
        assert_eq!(listed_sex(id("F0001/MID1"), &pairs), Some(Sex::Female));
        assert_eq!(listed_sex(id("F0001/MID2"), &pairs[..1]), Some(Sex::Male));
        assert_eq!(listed_sex(id("F0001/MID9"), &[]), None);
        let contrary = [pairs[0], pair("F0001/MID1", "F0001/MID4", Relation::FatherSon)];
        assert_eq!(listed_sex(id("F0001/MID1"), &contrary), None);
        assert!(!is_same_sex(None, None) && is_same_sex(Some(Sex::Male), Some(Sex::Male)));
    }
}
