//! The behavior of every gallery, whatever it stores its photos in.

use std::cell::Cell;
use std::collections::BTreeSet;

use kindred::domain::{
    ContentHash, EmbeddedFace, EmbeddedPhoto, Embedding, EmbeddingSpace, EntityId, Fingerprint,
    NoProgress, PersonId, PhotoId, Relationship,
};
use kindred::gallery::{
    EmbeddedGallery, Filter, Gallery, GalleryError, GalleryView, NearestQuery, Neighbor, NewPhoto,
    PageRequest, Selection,
};

use crate::support::Random;
use crate::support::gallery::{all_photos, nearest_to};
use crate::support::naive_gallery::NaiveGallery;

/// Embedding widths of the two backbones.
const WIDTHS: [usize; 2] = [8, 4];

/// Checks one behavior of an empty gallery.
type Check = fn(&dyn Gallery);

const CHECKS: [Check; 13] = [
    added_photos_read_back,
    an_added_photo_replaces_one_of_its_name,
    a_views_content_does_not_change,
    photos_of_other_widths_are_refused,
    photos_without_exactly_one_face_are_refused,
    probes_of_another_space_are_refused,
    a_photo_a_person_and_a_family_are_deleted,
    a_persons_photos_are_replaced,
    relationships_are_added_replaced_and_deleted,
    lists_come_in_pages,
    nearest_photos_pass_the_filter,
    a_sample_is_limited_and_repeatable,
    random_changes_give_what_a_map_gives,
];

fn contract(make: impl Fn() -> Box<dyn Gallery>) {
    for check in CHECKS {
        check(&*make());
    }
}

#[test]
fn an_embedded_gallery_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let count = Cell::new(0);
    contract(|| {
        count.set(count.get() + 1);
        let path = folder.path().join(count.get().to_string());
        Box::new(EmbeddedGallery::open_or_create(&path, &space(), folder.path()).unwrap())
    });
}

#[test]
fn a_map_keeps_the_contract() {
    contract(|| Box::new(NaiveGallery::new(space())));
}

fn space() -> EmbeddingSpace {
    EmbeddingSpace { fingerprint: Fingerprint([3; 32]), dimensions: WIDTHS.to_vec() }
}

fn embedding(width: usize, seed: u64) -> Embedding {
    let mut random = Random(seed);
    Embedding::normalize((0..width).map(|_| random.signed()).collect()).unwrap()
}

fn embeddings(seed: u64) -> Vec<Embedding> {
    WIDTHS.map(|width| embedding(width, seed)).to_vec()
}

/// A photo with a thumbnail. Its file and its embeddings follow from the seed.
fn photo(id: &str, seed: u64) -> NewPhoto {
    let photo = EmbeddedPhoto {
        content_hash: hash(seed),
        thumbnail: Some(vec![seed as u8; 3]),
        faces: vec![EmbeddedFace { embeddings: embeddings(seed) }],
    };
    NewPhoto { id: id.parse().unwrap(), photo }
}

fn hash(seed: u64) -> ContentHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&seed.to_le_bytes());
    ContentHash(hash)
}

fn photo_id(id: &str) -> PhotoId {
    id.parse().unwrap()
}

fn person(id: &str) -> PersonId {
    id.parse().unwrap()
}

fn entity(id: &str) -> EntityId {
    id.parse().unwrap()
}

fn pair(first: &str, second: &str, relation: Option<&str>) -> Relationship {
    let relation = relation.map(|code| code.parse().unwrap());
    Relationship::new(person(first), person(second), relation).unwrap()
}

/// Two families: three people with two photos each, and one person with one photo.
fn add_two_families(gallery: &dyn Gallery) {
    let ids = [
        "F0001/MID1/a",
        "F0001/MID1/b",
        "F0001/MID2/a",
        "F0001/MID2/b",
        "F0002/MID1/a",
        "F0002/MID1/b",
        "F0002/MID10/a",
    ];
    let photos = (1..).zip(ids).map(|(seed, id)| photo(id, seed));
    gallery.add_photos(photos.collect()).unwrap();
}

fn ids(view: &dyn GalleryView, scope: Option<&str>) -> Vec<String> {
    let scope = scope.map(entity);
    let photos = view.photos(scope.as_ref(), &PageRequest::all()).unwrap();
    photos.iter().map(|photo| photo.id.to_string()).collect()
}

fn found(neighbors: &[Neighbor]) -> Vec<String> {
    neighbors.iter().map(|neighbor| neighbor.photo.id.to_string()).collect()
}

fn added_photos_read_back(gallery: &dyn Gallery) {
    assert_eq!((gallery.photo_count().unwrap(), gallery.space()), (0, &space()));
    let before = gallery.version().unwrap();
    add_two_families(gallery);
    assert!(gallery.version().unwrap() > before);
    assert_eq!(gallery.photo_count().unwrap(), 7);
    let id = photo_id("F0001/MID2/a");
    let stored = gallery.photo(&id).unwrap().unwrap();
    assert_eq!((&stored.id, stored.content_hash), (&id, hash(3)));
    assert_eq!(gallery.content_hash(&id).unwrap(), Some(hash(3)));
    assert_eq!(gallery.embeddings(&id).unwrap(), Some(embeddings(3)));
    assert_eq!(gallery.thumbnail(&id).unwrap(), Some(vec![3; 3]));
    let mut plain = photo("F0003/MID1/a", 9);
    plain.photo.thumbnail = None;
    gallery.add_photos(vec![plain]).unwrap();
    assert_eq!(gallery.thumbnail(&photo_id("F0003/MID1/a")).unwrap(), None);
    let missing = photo_id("F0003/MID1/b");
    assert_eq!(gallery.photo(&missing).unwrap(), None);
    assert_eq!(gallery.embeddings(&missing).unwrap(), None);
    assert_eq!(gallery.thumbnail(&missing).unwrap(), None);
    let view = gallery.view().unwrap();
    assert_eq!(view.photo_count(), 8);
    let files = [hash(3), hash(6), hash(77)];
    let people = BTreeSet::from([person("F0001/MID2"), person("F0002/MID1")]);
    assert_eq!(view.people_of_files(&files).unwrap(), people);
    assert!(view.contains(&entity("F0001")).unwrap());
    assert!(view.contains(&entity("F0002/MID10/a")).unwrap());
    assert!(!view.contains(&entity("F0001/MID3")).unwrap());
}

fn an_added_photo_replaces_one_of_its_name(gallery: &dyn Gallery) {
    add_two_families(gallery);
    let id = photo_id("F0001/MID1/a");
    let before = gallery.photo(&id).unwrap().unwrap();
    let twice = ["F0001/MID1/a", "F0001/MID1/a"];
    let photos = (20..).zip(twice).map(|(seed, id)| photo(id, seed));
    gallery.add_photos(photos.collect()).unwrap();
    let after = gallery.photo(&id).unwrap().unwrap();
    assert!(after.ordinal > before.ordinal);
    assert_eq!(gallery.embeddings(&id).unwrap(), Some(embeddings(21)), "the last one is stored");
    assert_eq!(gallery.thumbnail(&id).unwrap(), Some(vec![21; 3]));
    let view = gallery.view().unwrap();
    assert_eq!((gallery.photo_count().unwrap(), view.photo_count()), (7, 7));
    let nearest = nearest_to(&*view, &embedding(WIDTHS[0], 21), &NearestQuery::new(7));
    assert_eq!(nearest.neighbors.len(), 7);
    assert_eq!(*nearest.neighbors[0].photo, after);
    assert!(nearest.neighbors[0].cosine > 0.999_99);
    assert_eq!(nearest.neighbors[0].embeddings.values(1), embedding(WIDTHS[1], 21).as_slice());
}

fn a_views_content_does_not_change(gallery: &dyn Gallery) {
    add_two_families(gallery);
    gallery.add_relationships(&[pair("F0001/MID1", "F0001/MID2", None)]).unwrap();
    let before = gallery.view().unwrap();
    gallery.delete(&entity("F0001")).unwrap();
    gallery.add_photos(vec![photo("F0003/MID1/a", 30)]).unwrap();
    assert_eq!(ids(&*before, Some("F0001")).len(), 4);
    assert_eq!(before.relatives_of(person("F0001/MID1")).unwrap(), [person("F0001/MID2")]);
    let nearest = nearest_to(&*before, &embedding(WIDTHS[0], 1), &NearestQuery::new(1));
    assert_eq!(found(&nearest.neighbors), ["F0001/MID1/a"]);
    let after = gallery.view().unwrap();
    assert_eq!((before.photo_count(), after.photo_count()), (7, 4));
    assert!(after.relatives_of(person("F0001/MID1")).unwrap().is_empty());
}

fn photos_of_other_widths_are_refused(gallery: &dyn Gallery) {
    let mut narrow = photo("F0001/MID1/a", 1);
    narrow.photo.faces[0].embeddings.pop();
    let error = gallery.add_photos(vec![photo("F0001/MID1/b", 2), narrow]).unwrap_err();
    assert!(matches!(
        error,
        GalleryError::WrongDimension { expected, found } if expected == WIDTHS && found == [8]
    ));
    assert_eq!(gallery.photo_count().unwrap(), 0, "all or none are added");
}

fn photos_without_exactly_one_face_are_refused(gallery: &dyn Gallery) {
    let mut crowded = photo("F0001/MID1/a", 1);
    crowded.photo.faces.push(EmbeddedFace { embeddings: embeddings(2) });
    let mut empty = photo("F0001/MID1/b", 1);
    empty.photo.faces.clear();
    for (refused, faces) in [(crowded, 2), (empty, 0)] {
        let expected = refused.id.clone();
        let error = gallery.add_photos(vec![refused]).unwrap_err();
        assert!(matches!(
            error,
            GalleryError::FaceCount { id, found } if id == expected && found == faces
        ));
    }
    assert_eq!(gallery.photo_count().unwrap(), 0);
}

fn probes_of_another_space_are_refused(gallery: &dyn Gallery) {
    add_two_families(gallery);
    let view = gallery.view_for(&space()).unwrap();
    let wide = embedding(WIDTHS[0] + 1, 1);
    let refused = view.nearest(&[embedding(WIDTHS[0], 1), wide.clone()], &NearestQuery::new(1));
    assert!(matches!(refused, Err(GalleryError::WrongDimension { .. })));
    let refused = view.compare(&entity("F0001"), &wide);
    assert!(matches!(refused, Err(GalleryError::WrongDimension { .. })));
    let other = EmbeddingSpace { fingerprint: Fingerprint([4; 32]), ..space() };
    let refused = gallery.view_for(&other).err();
    assert!(matches!(refused, Some(GalleryError::OtherBundle { .. })));
}

fn a_photo_a_person_and_a_family_are_deleted(gallery: &dyn Gallery) {
    add_two_families(gallery);
    let pairs = [
        pair("F0001/MID1", "F0001/MID2", None),
        pair("F0002/MID1", "F0001/MID2", None),
        pair("F0002/MID1", "F0002/MID10", None),
    ];
    gallery.add_relationships(&pairs).unwrap();
    let photo = gallery.delete(&entity("F0001/MID2/a")).unwrap();
    assert_eq!((photo.photos, photo.embeddings, photo.thumbnails), (1, 2, 1));
    assert_eq!(photo.relationships, 0);
    assert_eq!(gallery.thumbnail(&photo_id("F0001/MID2/a")).unwrap(), None);
    // `F0002/MID10` has a name that begins with the deleted one.
    let person = gallery.delete(&entity("F0002/MID1")).unwrap();
    assert_eq!((person.photos, person.relationships), (2, 2));
    let view = gallery.view().unwrap();
    assert_eq!(
        ids(&*view, None),
        ["F0001/MID1/a", "F0001/MID1/b", "F0001/MID2/b", "F0002/MID10/a"]
    );
    let nearest = nearest_to(&*view, &embedding(WIDTHS[0], 3), &NearestQuery::new(9));
    assert!(!found(&nearest.neighbors).contains(&"F0001/MID2/a".to_owned()));
    let family = gallery.delete(&entity("F0001")).unwrap();
    assert_eq!((family.photos, family.embeddings, family.relationships), (3, 6, 1));
    assert_eq!(ids(&*gallery.view().unwrap(), None), ["F0002/MID10/a"]);
    let error = gallery.delete(&entity("F0001")).unwrap_err();
    assert_eq!(error.to_string(), "F0001 is not in the gallery");
    assert!(matches!(error, GalleryError::NotEnrolled { .. }));
}

fn a_persons_photos_are_replaced(gallery: &dyn Gallery) {
    add_two_families(gallery);
    gallery.add_relationships(&[pair("F0001/MID1", "F0001/MID2", None)]).unwrap();
    let photos = vec![photo("F0001/MID1/b", 40), photo("F0001/MID1/c", 41)];
    let deleted = gallery.replace_photos(person("F0001/MID1"), photos).unwrap();
    assert_eq!((deleted.photos, deleted.relationships), (1, 0));
    let view = gallery.view().unwrap();
    assert_eq!(ids(&*view, Some("F0001/MID1")), ["F0001/MID1/b", "F0001/MID1/c"]);
    assert_eq!(ids(&*view, Some("F0001/MID2")).len(), 2);
    assert_eq!(gallery.content_hash(&photo_id("F0001/MID1/b")).unwrap(), Some(hash(40)));
    assert_eq!(view.relatives_of(person("F0001/MID1")).unwrap(), [person("F0001/MID2")]);
}

fn relationships_are_added_replaced_and_deleted(gallery: &dyn Gallery) {
    let listed = |scope: Option<&str>| {
        let scope = scope.map(entity);
        let view = gallery.view().unwrap();
        view.relationships(scope.as_ref(), &PageRequest::all()).unwrap()
    };
    let father = pair("F0001/MID1", "F0001/MID2", Some("fd"));
    let brothers = pair("F0001/MID3", "F0001/MID1", Some("bb"));
    let others = pair("F0002/MID1", "F0002/MID2", None);
    gallery.add_relationships(&[father, others, brothers]).unwrap();
    assert_eq!(listed(None), [father, brothers, others]);
    assert_eq!(listed(Some("F0001")), [father, brothers]);
    assert_eq!(listed(Some("F0001/MID2")), [father]);
    assert!(listed(Some("F0001/MID2/a")).is_empty(), "a photo has no relatives");
    let view = gallery.view().unwrap();
    let relatives = view.relatives_of(person("F0001/MID1")).unwrap();
    assert_eq!(relatives, [person("F0001/MID2"), person("F0001/MID3")]);
    // A pair replaces the pair of the same two people in the other order.
    let turned = pair("F0001/MID2", "F0001/MID1", None);
    gallery.add_relationships(&[turned]).unwrap();
    assert_eq!(listed(None), [turned, brothers, others]);
    let across = pair("F0001/MID1", "F0002/MID1", None);
    let deleted = gallery.replace_relationships(&entity("F0001"), &[across, brothers]).unwrap();
    assert_eq!((deleted.relationships, deleted.photos), (1, 0));
    assert_eq!(listed(None), [across, brothers, others]);
    let deleted = gallery.replace_relationships(&entity("F0002/MID1"), &[]).unwrap();
    assert_eq!(deleted.relationships, 2);
    assert_eq!(listed(None), [brothers]);
    let people = ["F0001/MID1", "F0001/MID3"].map(person);
    assert_eq!(gallery.delete_relationship(people).unwrap().relationships, 1);
    let error = gallery.delete_relationship(people).unwrap_err();
    assert_eq!(error.to_string(), "the pair F0001/MID1 and F0001/MID3 is not in the gallery");
    assert!(listed(None).is_empty());
}

fn lists_come_in_pages(gallery: &dyn Gallery) {
    add_two_families(gallery);
    let view = gallery.view().unwrap();
    let all = all_photos(&*view);
    let mut page = PageRequest { after: None, limit: 3 };
    let mut paged = Vec::new();
    let mut lengths = Vec::new();
    loop {
        let photos = view.photos(None, &page).unwrap();
        lengths.push(photos.len());
        let Some(last) = photos.last() else { break };
        page.after = Some(last.id.clone());
        paged.extend(photos);
    }
    assert_eq!(lengths, [3, 3, 1, 0]);
    assert_eq!(paged, all);
    assert!(all.is_sorted_by_key(|photo| photo.id.clone()));
    let after = PageRequest { after: Some(photo_id("F0001/MID1/a")), limit: 2 };
    let family = view.photos(Some(&entity("F0001")), &after).unwrap();
    assert_eq!(
        family.iter().map(|photo| photo.id.to_string()).collect::<Vec<_>>(),
        ["F0001/MID1/b", "F0001/MID2/a"]
    );
    let pairs = [1, 2, 3, 4].map(|number| pair("F0001/MID1", &format!("F0002/MID{number}"), None));
    gallery.add_relationships(&pairs).unwrap();
    let view = gallery.view().unwrap();
    let first = view.relationships(None, &PageRequest { after: None, limit: 3 }).unwrap();
    assert_eq!(first, pairs[..3]);
    let after = PageRequest { after: Some(pairs[2].people()), limit: 3 };
    assert_eq!(view.relationships(None, &after).unwrap(), pairs[3..]);
}

fn nearest_photos_pass_the_filter(gallery: &dyn Gallery) {
    add_two_families(gallery);
    gallery.optimize(&NoProgress).unwrap();
    let view = gallery.view().unwrap();
    let family = Selection::from_entities(&[entity("F0001")]);
    let mixed = Selection::from_entities(&[entity("F0001/MID2"), entity("F0002/MID10/a")]);
    let file = Selection::from_files(vec![hash(1)]);
    for (filter, count) in [
        (Filter::default(), 7),
        (Filter { only: Some(family.clone()), ..Filter::default() }, 4),
        (Filter { only: Some(mixed.clone()), ..Filter::default() }, 3),
        (Filter { only: Some(file.clone()), ..Filter::default() }, 1),
        (Filter { only: Some(family.clone()), without: file.clone() }, 3),
        (Filter::without(mixed), 4),
        (Filter::without(file), 6),
        (Filter { only: Some(family.clone()), without: family }, 0),
    ] {
        let people = view.people(&filter).unwrap();
        let query = NearestQuery { filter: filter.clone(), ..NearestQuery::new(100) };
        let probes = [embedding(WIDTHS[0], 1), embedding(WIDTHS[0], 50)];
        let results = view.nearest(&probes, &query).unwrap();
        assert_eq!(results.len(), 2);
        for (probe, nearest) in probes.iter().zip(results) {
            let neighbors = nearest.neighbors;
            assert_eq!(neighbors.len(), count, "{filter:?}");
            assert!(neighbors.is_sorted_by(|a, b| a.cosine >= b.cosine));
            assert!(neighbors.iter().all(|neighbor| filter.admits(&neighbor.photo)));
            let owners: BTreeSet<PersonId> =
                neighbors.iter().map(|neighbor| neighbor.photo.id.member()).collect();
            assert!(owners.into_iter().eq(people.iter().copied()));
            for neighbor in &neighbors {
                assert!(
                    (neighbor.cosine - cosine(gallery, &neighbor.photo.id, probe)).abs() < 1e-5
                );
            }
            let two = NearestQuery { count: 2, exact: true, ..query.clone() };
            let two = nearest_to(&*view, probe, &two).neighbors;
            assert_eq!(two, neighbors[..count.min(2)]);
        }
    }
    let probe = embedding(WIDTHS[0], 5);
    let mut compared = view.compare(&entity("F0002"), &probe).unwrap();
    compared.sort_by(|a, b| a.photo.id.cmp(&b.photo.id));
    assert_eq!(found(&compared), ["F0002/MID1/a", "F0002/MID1/b", "F0002/MID10/a"]);
    for neighbor in &compared {
        assert!((neighbor.cosine - cosine(gallery, &neighbor.photo.id, &probe)).abs() < 1e-5);
    }
    assert_eq!(view.compare(&entity("F0002/MID1/b"), &probe).unwrap().len(), 1);
    assert!(view.compare(&entity("F0009"), &probe).unwrap().is_empty());
}

fn cosine(gallery: &dyn Gallery, id: &PhotoId, probe: &Embedding) -> f32 {
    let embeddings = gallery.embeddings(id).unwrap().unwrap();
    embeddings[0].as_slice().iter().zip(probe.as_slice()).map(|(a, b)| a * b).sum()
}

fn a_sample_is_limited_and_repeatable(gallery: &dyn Gallery) {
    add_two_families(gallery);
    let view = gallery.view().unwrap();
    assert_eq!(view.sample(100, 2).unwrap().len(), 7);
    let one_each = view.sample(100, 1).unwrap();
    let people: BTreeSet<PersonId> = one_each.iter().map(|photo| photo.photo.id.member()).collect();
    assert_eq!((one_each.len(), people.len()), (4, 4));
    assert!(view.sample(3, 2).unwrap().len() <= 3);
    let before = found(&one_each);
    gallery.add_photos(vec![photo("F0001/MID1/a", 60)]).unwrap();
    assert_eq!(found(&gallery.view().unwrap().sample(100, 1).unwrap()), before);
}

/// Applies the same random changes to the gallery and to a map.
fn random_changes_give_what_a_map_gives(gallery: &dyn Gallery) {
    let naive = NaiveGallery::new(space());
    let mut random = Random(11);
    for step in 0..150 {
        let id =
            format!("F{:04}/MID{}/p{}", 1 + random.below(3), 1 + random.below(3), random.below(4));
        let id = photo_id(&id);
        let member = id.member();
        match random.below(10) {
            0..6 => {
                for gallery in [gallery, &naive] {
                    gallery.add_photos(vec![photo(&id.to_string(), 100 + step)]).unwrap();
                }
            }
            6 => {
                let results = [gallery, &naive]
                    .map(|gallery| gallery.delete(&EntityId::Photo(id.clone())).ok());
                assert_eq!(results[0], results[1]);
            }
            7 => {
                let results =
                    [gallery, &naive].map(|gallery| gallery.delete(&EntityId::Person(member)).ok());
                assert_eq!(results[0], results[1]);
            }
            8 => {
                let other = PersonId::new(member.family(), 9);
                let pair = Relationship::new(member, other, None).unwrap();
                for gallery in [gallery, &naive] {
                    gallery.add_relationships(&[pair]).unwrap();
                }
            }
            _ => gallery.optimize(&NoProgress).unwrap(),
        }
        assert_same(&*gallery.view().unwrap(), &*naive.view().unwrap(), step);
    }
}

fn assert_same(view: &dyn GalleryView, naive: &dyn GalleryView, step: u64) {
    assert_eq!(ids(view, None), ids(naive, None), "step {step}");
    let pairs = [view, naive].map(|view| view.relationships(None, &PageRequest::all()).unwrap());
    assert_eq!(pairs[0], pairs[1], "step {step}");
    let probe = embedding(WIDTHS[0], 1000 + step);
    let nearest = [view, naive].map(|view| nearest_to(view, &probe, &NearestQuery::new(5)));
    let [nearest, expected] = nearest.map(|nearest| nearest.neighbors);
    assert_eq!(found(&nearest), found(&expected), "step {step}");
    for (neighbor, expected) in nearest.iter().zip(&expected) {
        assert!((neighbor.cosine - expected.cosine).abs() < 1e-5);
        assert_eq!(neighbor.embeddings, expected.embeddings);
    }
}
