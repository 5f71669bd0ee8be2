//! Photos to people, people to families.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{FamilyMatch, PersonMatch, PhotoMatch};
use crate::gallery::Neighbour;

/// Groups photos, nearest first, by person; people come in the order of their nearest photo, without their kin.
pub(super) fn people(nearest: &[Neighbour<'_>]) -> Vec<PersonMatch> {
    let mut people: Vec<PersonMatch> = Vec::new();
    let mut place = HashMap::new();
    for Neighbour { photo, cosine } in nearest {
        let person = photo.id.member();
        let at = match place.entry(person) {
            Entry::Occupied(at) => *at.get(),
            Entry::Vacant(at) => {
                let (photos, listed_kin) = (Vec::new(), Vec::new());
                people.push(PersonMatch { person, cosine: *cosine, photos, listed_kin });
                *at.insert(people.len() - 1)
            }
        };
        people[at].photos.push(PhotoMatch { photo: photo.id.clone(), cosine: *cosine });
    }
    people
}

/// Groups people, nearest first, by family; families come in the order of their nearest person.
pub(super) fn families(people: &[PersonMatch]) -> Vec<FamilyMatch> {
    let mut families: Vec<FamilyMatch> = Vec::new();
    for PersonMatch { person, cosine, .. } in people {
        let family = person.family();
        match families.iter_mut().find(|known| known.family == family) {
            Some(known) => known.people.push(*person),
            None => families.push(FamilyMatch { family, cosine: *cosine, people: vec![*person] }),
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ContentHash;
    use crate::gallery::StoredPhoto;

    #[test]
    fn photos_are_grouped_by_person_and_people_by_family_in_the_order_of_the_nearest() {
        let near = [
            ("F0002/MID1/a", 0.9),
            ("F0001/MID1/b", 0.8),
            ("F0002/MID1/c", 0.7),
            ("F0002/MID4/d", 0.6),
        ];
        let photos = near.map(|(id, cosine)| {
            (StoredPhoto { id: id.parse().unwrap(), content_hash: ContentHash([0; 32]) }, cosine)
        });
        let neighbours: Vec<_> =
            photos.iter().map(|(photo, cosine)| Neighbour { photo, cosine: *cosine }).collect();

        let people = people(&neighbours);
        let names: Vec<_> = people.iter().map(|p| p.person.to_string()).collect();
        assert_eq!(names, ["F0002/MID1", "F0001/MID1", "F0002/MID4"]);
        assert_eq!((people[0].cosine, people[0].photos.len()), (0.9, 2));

        let families = families(&people);
        assert_eq!(families.len(), 2);
        assert_eq!((families[0].cosine, families[0].people.len()), (0.9, 2));
    }
}
