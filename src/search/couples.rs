//! Couples that may be the parents of a probe.

use std::collections::BTreeSet;

use super::{CoupleMatch, PersonMatch, SearchError};
use crate::domain::{EntityId, PersonId, Relationship, Role, Sex};
use crate::gallery::{GalleryView, PageRequest};

/// Returns, for each family, the two possible parents with the most evidence.
///
/// The two are not listed as kin of each other or as of one sex. Neither is listed as a child,
/// grandchild or sibling of the probe person.
pub(super) fn couples(
    people: &[PersonMatch],
    probe: &BTreeSet<PersonId>,
    view: &dyn GalleryView,
) -> Result<Vec<CoupleMatch>, SearchError> {
    let mut candidates: Vec<ParentCandidate<'_>> = Vec::new();
    for found in people {
        let scope = EntityId::Person(found.person);
        let pairs = view.relationships(Some(&scope), &PageRequest::all())?;
        if may_be_parent(found.person, probe, &pairs) {
            candidates.push(ParentCandidate { found, sex: listed_sex(found.person, &pairs) });
        }
    }
    let mut couples: Vec<CoupleMatch> = Vec::new();
    for (i, first) in candidates.iter().enumerate() {
        let family = first.found.person.family();
        if !couples.iter().any(|couple| couple.people[0].family() == family) {
            couples.extend(best_couple(first, &candidates[i + 1..]));
        }
    }
    couples.sort_by(|a, b| b.log_likelihood_ratio.total_cmp(&a.log_likelihood_ratio));
    Ok(couples)
}

/// A person that may be a parent of the probe person.
struct ParentCandidate<'a> {
    found: &'a PersonMatch,
    /// Sex in the listed relations.
    sex: Option<Sex>,
}

impl ParentCandidate<'_> {
    /// Returns the log likelihood ratio of kinship, 0 without an ensemble.
    fn log_likelihood_ratio(&self) -> f64 {
        self.found.kinship.as_ref().map_or(0.0, |kinship| kinship.log_likelihood_ratio)
    }
}

/// Returns a person with the first of `candidates` that may be the other parent.
fn best_couple(
    first: &ParentCandidate<'_>,
    candidates: &[ParentCandidate<'_>],
) -> Option<CoupleMatch> {
    let second = candidates.iter().find(|second| {
        second.found.person.family() == first.found.person.family()
            && !first.found.listed_kin.contains(&second.found.person)
            && !is_same_sex(first.sex, second.sex)
    })?;
    Some(CoupleMatch {
        people: [first.found.person, second.found.person],
        log_likelihood_ratio: first.log_likelihood_ratio() + second.log_likelihood_ratio(),
        is_known_couple: first.sex.is_some() && second.sex.is_some(),
    })
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
