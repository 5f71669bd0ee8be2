//! The gallery against a naive one.

use kindred::domain::{ContentHash, Embedding, EmbeddingSpace, Fingerprint};
use kindred::gallery::{Enrolment, Gallery, Method};

use crate::support::Random;

fn space(dimension: usize) -> EmbeddingSpace {
    EmbeddingSpace { fingerprint: Fingerprint([7; 32]), dimensions: vec![dimension] }
}

/// Unit vectors in clusters, as the photos of one person are.
fn clustered(count: usize, dimension: usize, seed: u64) -> Vec<Embedding> {
    let mut random = Random(seed);
    let mut centre = Vec::new();
    let vector = |at: usize| {
        if at.is_multiple_of(8) {
            centre = (0..dimension).map(|_| random.signed()).collect();
        }
        Embedding::normalise(centre.iter().map(|c| c + 0.6 * random.signed()).collect()).unwrap()
    };
    (0..count).map(vector).collect()
}

fn enrolment(at: usize, embedding: &Embedding) -> Enrolment {
    let id = format!("F{:04}/MID{}/P{at:06}", at / 40, at / 8).parse().unwrap();
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&at.to_le_bytes());
    Enrolment { id, content_hash: ContentHash(hash), embeddings: vec![embedding.clone()] }
}

fn enrol(gallery: &Gallery, vectors: &[Embedding]) {
    gallery
        .enrol(vectors.iter().enumerate().map(|(at, vector)| enrolment(at, vector)).collect())
        .unwrap();
}

#[test]
fn the_graph_finds_what_a_full_comparison_finds() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(6000, 64, 1);
    let gallery =
        Gallery::open_or_create(&folder.path().join("g"), &space(64), folder.path()).unwrap();
    enrol(&gallery, &vectors);
    gallery.build_graph().unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let (mut found, mut wanted) = (0, 0);
    for probe in clustered(6000, 64, 1).iter().step_by(97) {
        let nearest = snapshot.nearest(probe, 10, |_| false);
        assert_eq!(nearest.method, Method::Graph);
        assert!(
            (nearest.neighbours[0].cosine - 1.0).abs() < 1e-5,
            "an enrolled photo finds itself"
        );
        let mut exact: Vec<f32> = vectors
            .iter()
            .map(|v| v.as_slice().iter().zip(probe.as_slice()).map(|(a, b)| a * b).sum())
            .collect();
        exact.sort_by(|a, b| b.total_cmp(a));
        wanted += 10;
        found += nearest.neighbours.iter().filter(|n| n.cosine >= exact[9] - 1e-5).count();
    }
    assert!(found * 100 >= wanted * 99, "recall {found} of {wanted}");
}

#[test]
fn photos_enrolled_or_replaced_after_the_graph_are_found_too() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(5000, 32, 2);
    let gallery =
        Gallery::open_or_create(&folder.path().join("g"), &space(32), folder.path()).unwrap();
    enrol(&gallery, &vectors[..4500]);
    gallery.build_graph().unwrap();
    gallery.enrol((4500..5000).map(|at| enrolment(at, &vectors[at])).collect()).unwrap();
    let own = |at: usize| {
        let snapshot = gallery.snapshot().unwrap();
        let nearest = snapshot.nearest(&vectors[at], 1, |_| false);
        (nearest.neighbours[0].photo.id.clone(), nearest.method)
    };
    assert_eq!(own(4777), (enrolment(4777, &vectors[4777]).id, Method::Graph));
    gallery.enrol(vec![enrolment(0, &vectors[4777])]).unwrap();
    let snapshot = gallery.snapshot().unwrap();
    let nearest = snapshot.nearest(&vectors[4777], 2, |_| false);
    assert_eq!(
        nearest.method,
        Method::Exact,
        "the graph has a photo that was replaced, and is left aside"
    );
    assert!(nearest.neighbours.iter().all(|n| n.cosine > 0.9999));
    gallery.build_graph().unwrap();
    assert_eq!(own(4600).1, Method::Graph);
}

#[test]
fn the_same_photos_give_the_same_answers_in_another_gallery() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(4500, 32, 3);
    let answers = |name: &str| -> Vec<(String, u32)> {
        let gallery =
            Gallery::open_or_create(&folder.path().join(name), &space(32), folder.path()).unwrap();
        enrol(&gallery, &vectors);
        gallery.build_graph().unwrap();
        let snapshot = gallery.snapshot().unwrap();
        let nearest = vectors
            .iter()
            .step_by(500)
            .flat_map(|probe| snapshot.nearest(probe, 20, |_| false).neighbours);
        nearest.map(|n| (n.photo.id.to_string(), n.cosine.to_bits())).collect()
    };
    assert_eq!(answers("a"), answers("b"));
}

#[test]
fn embeddings_longer_than_a_stored_value_come_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = clustered(5, 4096, 4);
    let gallery =
        Gallery::open_or_create(&folder.path().join("g"), &space(4096), folder.path()).unwrap();
    enrol(&gallery, &vectors);
    let snapshot = gallery.snapshot().unwrap();
    for vector in &vectors {
        assert!(snapshot.nearest(vector, 1, |_| false).neighbours[0].cosine > 0.999_999);
    }
    assert!(
        gallery.enrol(vec![enrolment(9, &clustered(1, 512, 1)[0])]).is_err(),
        "another width is refused"
    );
}
