//! The gallery against a naive one: a map, and a full comparison.

use std::collections::BTreeMap;
use std::path::Path;

use kindred::domain::{ContentHash, Embedding, EntityId, NoProgress, PhotoId};
use kindred::gallery::{EmbeddedGallery, Gallery, NearestQuery};

use crate::support::Random;
use crate::support::gallery::{all_photos, clustered, enrol, enrolment, nearest_to, open};

const WIDTH: usize = 16;
/// Enough for a segment.
const FIRST: usize = 4300;
const STEPS: usize = 120;

struct Pair<'a> {
    folder: &'a Path,
    gallery: Option<EmbeddedGallery>,
    naive: BTreeMap<PhotoId, (ContentHash, Embedding)>,
    vectors: Vec<Embedding>,
    random: Random,
}

impl Pair<'_> {
    fn gallery(&self) -> &EmbeddedGallery {
        self.gallery.as_ref().unwrap()
    }

    fn vector(&mut self) -> Embedding {
        self.vectors[self.random.below(self.vectors.len() as u64) as usize].clone()
    }

    /// A photo that is there.
    fn known(&mut self) -> PhotoId {
        let at = self.random.below(self.naive.len() as u64) as usize;
        self.naive.keys().nth(at).unwrap().clone()
    }

    fn enrol(&mut self, numbers: Vec<usize>, version: u64) {
        let mut photos = Vec::new();
        for at in numbers {
            let photo = enrolment(at, version, &self.vector());
            let value = (photo.photo.content_hash, photo.photo.faces[0].embeddings[0].clone());
            self.naive.insert(photo.id.clone(), value);
            photos.push(photo);
        }
        self.gallery().add_photos(photos).unwrap();
    }

    fn step(&mut self, version: u64) {
        match self.random.below(20) {
            0..6 => {
                let numbers = 0..1 + self.random.below(30);
                let numbers = numbers.map(|_| self.random.below(6000) as usize).collect();
                self.enrol(numbers, version);
            }
            6..10 => {
                let photo = self.known();
                assert_eq!(
                    self.gallery().delete(&EntityId::Photo(photo.clone())).unwrap().photos,
                    1
                );
                self.naive.remove(&photo);
            }
            10..12 => {
                let person = self.known().member();
                let before = self.naive.len();
                self.naive.retain(|photo, _| photo.member() != person);
                let removed = self.gallery().delete(&EntityId::Person(person)).unwrap();
                assert_eq!(removed.photos, before - self.naive.len());
            }
            12 => {
                let family = self.known().member().family();
                self.naive.retain(|photo, _| photo.member().family() != family);
                self.gallery().delete(&EntityId::Family(family)).unwrap();
            }
            13 => self.gallery().seal(&NoProgress).unwrap(),
            14 => self.gallery().compact(&NoProgress).unwrap(),
            15 => {
                self.gallery = None;
                self.gallery = Some(open(self.folder, "g", WIDTH));
            }
            16 => self.gallery = self.gallery.take().map(|gallery| gallery.rewrite().unwrap()),
            _ => self.compare(),
        }
    }

    fn compare(&mut self) {
        let view = self.gallery().view().unwrap();
        assert_eq!(view.photo_count(), self.naive.len());
        for photo in all_photos(&*view) {
            assert_eq!(self.naive[&photo.id].0, photo.content_hash);
        }
        let (mut found, mut wanted) = (0, 0);
        for _ in 0..20 {
            let probe = self.vector();
            let cosine = |id: &PhotoId| -> f32 {
                let own = self.naive[id].1.as_slice();
                own.iter().zip(probe.as_slice()).map(|(a, b)| a * b).sum()
            };
            let mut naive: Vec<f32> = self.naive.keys().map(cosine).collect();
            naive.sort_by(|a, b| b.total_cmp(a));
            let exact = NearestQuery { exact: true, ..NearestQuery::new(10) };
            let exact = nearest_to(&*view, &probe, &exact).neighbors;
            for (found, naive) in exact.iter().zip(&naive) {
                assert!((found.cosine - naive).abs() < 1e-5);
                assert!((cosine(&found.photo.id) - found.cosine).abs() < 1e-5);
            }
            let nearest = nearest_to(&*view, &probe, &NearestQuery::new(10)).neighbors;
            assert_eq!((exact.len(), nearest.len()), (10, 10));
            wanted += 10;
            found += nearest.iter().filter(|found| found.cosine >= naive[9] - 1e-5).count();
        }
        assert!(found * 100 >= wanted * 97, "recall {found} of {wanted}");
    }
}

#[test]
fn whatever_is_done_to_a_gallery_it_holds_and_finds_what_a_naive_one_does() {
    for seed in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let vectors = clustered(7000, WIDTH, seed);
        let gallery = open(folder.path(), "g", WIDTH);
        enrol(&gallery, 0, &vectors[..FIRST]);
        gallery.seal(&NoProgress).unwrap();
        let naive = vectors[..FIRST].iter().enumerate().map(|(at, vector)| {
            let photo = enrolment(at, 0, vector);
            (photo.id, (photo.photo.content_hash, vector.clone()))
        });
        let mut pair = Pair {
            folder: folder.path(),
            naive: naive.collect(),
            gallery: Some(gallery),
            vectors,
            random: Random(seed + 100),
        };
        for version in 1..STEPS {
            pair.step(version as u64);
        }
        pair.compare();
        pair.gallery().verify().unwrap();
    }
}
