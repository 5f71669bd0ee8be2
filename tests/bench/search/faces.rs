//! Drawn embeddings of people in families.

use std::fs;
use std::path::Path;

use kindred::domain::Embedding;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const QUERIES: usize = 2000;
const PHOTOS_OF_PERSON: usize = 8;
const PEOPLE_OF_FAMILY: usize = 5;
/// How much the people of a family differ, and the photos of a person.
const SPREAD: [f32; 2] = [0.8, 0.6];

/// Faces in a gallery, and others to ask for.
pub struct Faces {
    pub vectors: Vec<Embedding>,
    pub queries: Vec<Embedding>,
    pub width: usize,
}

impl Faces {
    pub fn draw(count: usize, width: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut near = |centre: &[f32], spread: f32| -> Vec<f32> {
            centre.iter().map(|value| value + spread * random.random_range(-1.0..1.0)).collect()
        };
        let (mut family, mut person) = (Vec::new(), Vec::new());
        let (mut vectors, mut queries) = (Vec::with_capacity(count), Vec::new());
        let every = count.div_ceil(QUERIES).max(1);
        for at in 0..count {
            if at.is_multiple_of(PHOTOS_OF_PERSON * PEOPLE_OF_FAMILY) {
                family = near(&vec![0.0; width], 1.0);
            }
            if at.is_multiple_of(PHOTOS_OF_PERSON) {
                person = near(&family, SPREAD[0]);
            }
            vectors.push(Embedding::normalize(near(&person, SPREAD[1])).unwrap());
            if at.is_multiple_of(every) {
                queries.push(Embedding::normalize(near(&person, SPREAD[1])).unwrap());
            }
        }
        Self { vectors, queries, width }
    }

    /// Writes what peers read.
    pub fn write(&self, folder: &Path, truth: &[u32]) {
        let bytes = |vectors: &[Embedding]| -> Vec<u8> {
            vectors
                .iter()
                .flat_map(|v| v.as_slice())
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        fs::write(folder.join("vectors.f32"), bytes(&self.vectors)).unwrap();
        fs::write(folder.join("queries.f32"), bytes(&self.queries)).unwrap();
        let truth: Vec<u8> = truth.iter().flat_map(|row| row.to_le_bytes()).collect();
        fs::write(folder.join("truth.u32"), truth).unwrap();
    }
}
