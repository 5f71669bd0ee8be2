//! What a gallery finds, and what it does not any more.

use std::collections::BTreeSet;

use kindred::domain::{Embedding, EntityId, NoProgress};
use kindred::gallery::{
    EmbeddedGallery, Filter, Gallery, GalleryView, Method, NearestQuery, Selection, StoredPhoto,
    VectorPrecision,
};

use crate::support::Random;
use crate::support::gallery::{clustered, enrol, enrolment, nearest_to, open};

fn cosine(a: &Embedding, b: &Embedding) -> f32 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
}

/// The nearest photo's name and how it was found.
fn nearest(gallery: &EmbeddedGallery, probe: &Embedding) -> (String, Method) {
    let view = gallery.view().unwrap();
    let nearest = nearest_to(&*view, probe, &NearestQuery::new(1));
    (nearest.neighbors[0].photo.id.to_string(), nearest.method)
}

fn names(view: &dyn GalleryView, probe: &Embedding, lookup: &NearestQuery) -> BTreeSet<String> {
    let nearest = nearest_to(view, probe, lookup);
    nearest.neighbors.iter().map(|found| found.photo.id.to_string()).collect()
}

#[test]
fn the_graph_finds_what_a_full_comparison_finds() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(6000, 64, 1);
    let gallery = open(folder.path(), "g", 64);
    enrol(&gallery, 0, &vectors);
    gallery.seal(&NoProgress).unwrap();
    let view = gallery.view().unwrap();
    let (mut found, mut wanted) = (0, 0);
    for probe in vectors.iter().step_by(97) {
        let nearest = nearest_to(&*view, probe, &NearestQuery::new(10));
        assert_eq!(nearest.method, Method::Graph);
        let own = nearest.neighbors[0].cosine;
        assert!((own - 1.0).abs() < 1e-5, "an enrolled photo finds itself");
        let mut exact: Vec<f32> = vectors.iter().map(|vector| cosine(vector, probe)).collect();
        exact.sort_by(|a, b| b.total_cmp(a));
        wanted += 10;
        found += nearest.neighbors.iter().filter(|n| n.cosine >= exact[9] - 1e-5).count();
    }
    assert!(found * 100 >= wanted * 99, "recall {found} of {wanted}");
    let exact = NearestQuery { exact: true, ..NearestQuery::new(10) };
    assert_eq!(nearest_to(&*view, &vectors[0], &exact).method, Method::Exact);
    // Several at once say what each alone does.
    let probes = &vectors[..20];
    let nearest = view.nearest(probes, &NearestQuery::new(10)).unwrap();
    for (probe, each) in probes.iter().zip(nearest) {
        assert_eq!(each.neighbors, nearest_to(&*view, probe, &NearestQuery::new(10)).neighbors);
    }
}

#[test]
fn photos_enrolled_or_replaced_after_sealing_are_found_and_what_they_replace_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(5001, 32, 2);
    let gallery = open(folder.path(), "g", 32);
    enrol(&gallery, 0, &vectors[..4500]);
    gallery.seal(&NoProgress).unwrap();
    let before = gallery.view().unwrap();
    enrol(&gallery, 4500, &vectors[4500..5000]);
    assert_eq!(nearest(&gallery, &vectors[4777]).0, enrolment(4777, 0, &vectors[0]).id.to_string());
    gallery.add_photos(vec![enrolment(0, 1, &vectors[5000])]).unwrap();
    let first = enrolment(0, 0, &vectors[0]).id.to_string();
    assert_eq!(nearest(&gallery, &vectors[5000]), (first.clone(), Method::Graph));
    assert_ne!(nearest(&gallery, &vectors[0]).0, first);
    assert_eq!(gallery.view().unwrap().photo_count(), 5000);
    drop(gallery);
    // EntityId reads goes on with what there was.
    assert_eq!(before.photo_count(), 4500);
    let own = nearest_to(&*before, &vectors[0], &NearestQuery::new(1));
    assert_eq!(own.neighbors[0].photo.id.to_string(), first);
    let reopened = open(folder.path(), "g", 32);
    assert_eq!(nearest(&reopened, &vectors[5000]), (first.clone(), Method::Graph));
    assert_ne!(nearest(&reopened, &vectors[0]).0, first);
    let stats = reopened.verify().unwrap();
    assert_eq!((stats.photos, stats.tail, stats.segments.len()), (5000, 501, 1));
    assert_eq!((stats.segments[0].photos, stats.segments[0].deleted), (4499, 1));
    reopened.compact(&NoProgress).unwrap();
    let stats = reopened.stats().unwrap();
    assert_eq!((stats.segments[0].photos, stats.segments[0].deleted, stats.tail), (5000, 0, 0));
    assert_eq!(nearest(&reopened, &vectors[5000]), (first, Method::Graph));
}

#[test]
fn segments_stay_few() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(3 * 4100, 8, 6);
    let gallery = open(folder.path(), "g", 8);
    for (part, vectors) in vectors.chunks(4100).enumerate() {
        enrol(&gallery, part * 4100, vectors);
        gallery.seal(&NoProgress).unwrap();
    }
    let stats = gallery.verify().unwrap();
    assert_eq!((stats.segments.len(), stats.segments[0].photos, stats.tail), (1, 3 * 4100, 0));
    enrol(&gallery, 3 * 4100, &vectors[..4000]);
    gallery.seal(&NoProgress).unwrap();
    assert_eq!(gallery.stats().unwrap().tail, 4000, "a tail that is small enough stays");
}

#[test]
fn the_same_photos_give_the_same_answers_in_another_gallery() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(4500, 32, 3);
    let answers = |name: &str| -> Vec<(String, u32)> {
        let gallery = open(folder.path(), name, 32);
        enrol(&gallery, 0, &vectors);
        gallery.seal(&NoProgress).unwrap();
        let view = gallery.view().unwrap();
        let probes = vectors.iter().step_by(500);
        let found =
            probes.flat_map(|probe| nearest_to(&*view, probe, &NearestQuery::new(20)).neighbors);
        found.map(|n| (n.photo.id.to_string(), n.cosine.to_bits())).collect()
    };
    assert_eq!(answers("a"), answers("b"));
}

#[test]
fn embeddings_longer_than_a_stored_value_come_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(5, 4096, 4);
    let gallery = open(folder.path(), "g", 4096);
    enrol(&gallery, 0, &vectors);
    let view = gallery.view().unwrap();
    for vector in &vectors {
        let nearest = nearest_to(&*view, vector, &NearestQuery::new(1));
        assert!(nearest.neighbors[0].cosine > 0.999_999);
    }
    let narrow = enrolment(9, 0, &clustered(1, 512, 1)[0]);
    assert!(gallery.add_photos(vec![narrow]).is_err(), "another width is refused");
}

#[test]
fn no_photo_becomes_unreachable_among_many_that_are_alike() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(5);
    let mut vectors = vec![clustered(1, 32, 9)[0].clone(); 33];
    let one = clustered(1, 32, 10)[0].clone();
    vectors.extend((0..200).map(|_| {
        let near = one.as_slice().iter().map(|value| value + 1e-3 * random.signed());
        Embedding::normalize(near.collect()).unwrap()
    }));
    vectors.extend(clustered(4000, 32, 11));
    let gallery = open(folder.path(), "g", 32);
    enrol(&gallery, 0, &vectors);
    gallery.seal(&NoProgress).unwrap();
    assert_eq!(gallery.verify().unwrap().segments[0].unreachable, 0);
    let view = gallery.view().unwrap();
    let lost = |(at, vector): &(usize, &Embedding)| {
        // As many as may be alike.
        let found = names(&*view, vector, &NearestQuery::new(240));
        !found.contains(&enrolment(*at, 0, vector).id.to_string())
    };
    let lost = vectors.iter().enumerate().filter(lost).count();
    assert_eq!(lost, 0);
}

#[test]
fn only_what_counts_is_found_whether_it_is_little_or_much() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(9000, 16, 7);
    let gallery = open(folder.path(), "g", 16);
    enrol(&gallery, 0, &vectors);
    gallery.seal(&NoProgress).unwrap();
    let view = gallery.view().unwrap();
    let families = |range: std::ops::Range<u32>| Selection {
        families: range.map(kindred::domain::FamilyId::new).collect(),
        ..Selection::default()
    };
    let person = Selection {
        people: BTreeSet::from(["F0100/MID2".parse().unwrap()]),
        ..Selection::default()
    };
    let photo = enrolment(4321, 0, &vectors[0]);
    let one = Selection { photos: BTreeSet::from([photo.id.clone()]), ..Selection::default() };
    let file = Selection::from_files(vec![photo.photo.content_hash]);
    let all = families(0..225);
    for (filter, method) in [
        (Filter { only: Some(families(3..5)), ..Filter::default() }, Method::Exact),
        (Filter { only: Some(person.clone()), ..Filter::default() }, Method::Exact),
        (Filter { only: Some(one.clone()), ..Filter::default() }, Method::Exact),
        (Filter { only: Some(file.clone()), ..Filter::default() }, Method::Exact),
        (Filter { only: Some(families(0..120)), ..Filter::default() }, Method::Graph),
        (Filter { only: Some(families(0..9)), without: families(8..20) }, Method::Exact),
        (Filter::without(person), Method::Graph),
        (Filter::without(file), Method::Graph),
        (Filter::without(one), Method::Graph),
        (Filter::without(families(0..220)), Method::Exact),
        (Filter::without(all), Method::Exact),
    ] {
        let counting: Vec<usize> = (0..vectors.len())
            .filter(|&at| {
                let photo = enrolment(at, 0, &vectors[at]);
                let content_hash = photo.photo.content_hash;
                filter.admits(&StoredPhoto { id: photo.id, content_hash, ordinal: 0 })
            })
            .collect();
        let (mut found, mut wanted) = (0, 0);
        for probe in vectors.iter().step_by(500) {
            let mut exact: Vec<f32> =
                counting.iter().map(|&at| cosine(&vectors[at], probe)).collect();
            exact.sort_by(|a, b| b.total_cmp(a));
            let lookup = NearestQuery { filter: filter.clone(), ..NearestQuery::new(10) };
            let nearest = nearest_to(&*view, probe, &lookup);
            assert_eq!(nearest.method, method, "{filter:?}");
            assert!(nearest.neighbors.iter().all(|n| filter.admits(&n.photo)), "{filter:?}");
            let count = counting.len().min(10);
            assert_eq!(nearest.neighbors.len(), count);
            wanted += count;
            let worst = exact.get(count.wrapping_sub(1)).copied().unwrap_or_default() - 1e-5;
            found += nearest.neighbors.iter().filter(|n| n.cosine >= worst).count();
        }
        assert!(found * 100 >= wanted * 99, "recall {found} of {wanted}: {filter:?}");
    }
}

#[test]
fn with_half_the_bits_in_memory_the_answers_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(5200, 48, 13);
    let gallery = open(folder.path(), "g", 48);
    enrol(&gallery, 0, &vectors[..5000]);
    gallery.seal(&NoProgress).unwrap();
    enrol(&gallery, 5000, &vectors[5000..]);
    let answers = |view: &dyn GalleryView, lookup: &NearestQuery| -> Vec<(String, u32)> {
        let probes = vectors.iter().step_by(37);
        let found = probes.flat_map(|probe| nearest_to(view, probe, lookup).neighbors);
        found.map(|found| (found.photo.id.to_string(), found.cosine.to_bits())).collect()
    };
    let exact = NearestQuery { exact: true, ..NearestQuery::new(10) };
    let full = gallery.view().unwrap();
    let gallery = gallery.with_precision(VectorPrecision::Half);
    let half = gallery.view().unwrap();
    assert_eq!(answers(&*half, &exact), answers(&*full, &exact));
    let (found, wanted) = (answers(&*half, &NearestQuery::new(10)), answers(&*full, &exact));
    let both = found.iter().filter(|found| wanted.contains(found)).count();
    assert!(both * 100 >= wanted.len() * 99, "{both} of {}", wanted.len());
    // EntityId still reads needs the stored values.
    let error = gallery.rewrite().err().unwrap().to_string();
    assert!(error.contains("open in another process"), "{error}");
}

#[test]
fn what_is_removed_is_gone_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(4800, 16, 8);
    let gallery = open(folder.path(), "g", 16);
    enrol(&gallery, 0, &vectors);
    gallery.seal(&NoProgress).unwrap();
    let pair = |text: &str| {
        let (a, b) = text.split_once(' ').unwrap();
        kindred::domain::Relationship::new(a.parse().unwrap(), b.parse().unwrap(), None).unwrap()
    };
    let pairs = ["F0001/MID0 F0001/MID1", "F0001/MID1 F0001/MID2", "F0002/MID0 F0002/MID1"];
    gallery.add_relationships(&pairs.map(pair)).unwrap();
    let before = gallery.view().unwrap();
    let photo = gallery.delete(&"F0000/MID0/P000003".parse().unwrap()).unwrap();
    assert_eq!((photo.photos, photo.embeddings, photo.relationships), (1, 1, 0));
    let person = gallery.delete(&"F0001/MID1".parse().unwrap()).unwrap();
    assert_eq!((person.photos, person.embeddings, person.relationships), (8, 8, 2));
    let family = gallery.delete(&"F0002".parse().unwrap()).unwrap();
    assert_eq!((family.photos, family.embeddings, family.relationships), (40, 40, 1));
    let error = gallery.delete(&"F0002".parse().unwrap()).unwrap_err().to_string();
    assert_eq!(error, "F0002 is not in the gallery");
    let relatives = before.relatives_of("F0001/MID1".parse().unwrap()).unwrap();
    assert_eq!((before.photo_count(), relatives.len()), (4800, 2));
    let check = |gallery: &EmbeddedGallery| {
        let view = gallery.view().unwrap();
        assert_eq!(view.photo_count(), 4800 - 49);
        assert!(view.relatives_of("F0001/MID0".parse().unwrap()).unwrap().is_empty());
        for at in [3, 49, 80, 100, 119] {
            let own = enrolment(at, 0, &vectors[at]).id;
            assert!(gallery.embeddings(&own).unwrap().is_none());
            assert!(
                !names(&*view, &vectors[at], &NearestQuery::new(50)).contains(&own.to_string())
            );
        }
        assert_eq!(
            nearest(gallery, &vectors[777]).0,
            enrolment(777, 0, &vectors[0]).id.to_string()
        );
        assert_eq!(gallery.verify().unwrap().photos, 4800 - 49);
    };
    check(&gallery);
    drop(gallery);
    let gallery = open(folder.path(), "g", 16);
    check(&gallery);
    gallery.compact(&NoProgress).unwrap();
    check(&gallery);
    let gallery = gallery.rewrite().unwrap();
    check(&gallery);
    assert_eq!(gallery.stats().unwrap().segments[0].deleted, 0);
}

#[test]
fn what_was_removed_is_in_no_file_once_the_database_was_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(4200, 16, 12);
    let gallery = open(folder.path(), "g", 16);
    enrol(&gallery, 0, &vectors);
    gallery.seal(&NoProgress).unwrap();
    gallery.delete(&EntityId::Photo(enrolment(7, 0, &vectors[7]).id)).unwrap();
    gallery.compact(&NoProgress).unwrap();
    let in_files = |at: usize| {
        let bytes: Vec<u8> =
            vectors[at].as_slice().iter().flat_map(|value| value.to_le_bytes()).collect();
        let files = walkdir::WalkDir::new(folder.path()).into_iter().map(Result::unwrap);
        let mut files = files.filter(|file| file.file_type().is_file());
        files.any(|file| {
            let content = std::fs::read(file.path()).unwrap();
            content.windows(bytes.len()).any(|part| part == bytes)
        })
    };
    drop(gallery.rewrite().unwrap());
    assert!(in_files(8), "a photo that stays is there to be found");
    assert!(!in_files(7));
}

#[test]
fn the_file_of_a_segments_vectors_is_written_anew_when_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(4800, 16, 21);
    let gallery = open(folder.path(), "g", 16);
    enrol(&gallery, 0, &vectors);
    gallery.seal(&NoProgress).unwrap();
    gallery.delete(&"F0003".parse().unwrap()).unwrap();
    let answers = |gallery: &EmbeddedGallery| -> Vec<String> {
        vectors.iter().step_by(31).map(|probe| nearest(gallery, probe).0).collect()
    };
    let before = answers(&gallery);
    drop(gallery);
    let place = folder.path().join("g/vectors");
    let files = || -> Vec<_> {
        std::fs::read_dir(&place).unwrap().map(|file| file.unwrap().file_name()).collect()
    };
    let own = files();
    assert_eq!(own.len(), 1);
    std::fs::remove_dir_all(&place).unwrap();
    let gallery = open(folder.path(), "g", 16);
    assert_eq!(answers(&gallery), before);
    gallery.verify().unwrap();
    drop(gallery);
    // Killed while it was written, or while an older one was to go.
    std::fs::write(place.join("left"), "over").unwrap();
    let gallery = open(folder.path(), "g", 16);
    assert_eq!(answers(&gallery), before);
    assert_eq!(files(), own);
    gallery.compact(&NoProgress).unwrap();
    assert_eq!(answers(&gallery), before);
    assert!(files().len() == 1 && files() != own);
}
