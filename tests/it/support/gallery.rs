//! Galleries of random embeddings.

use std::path::Path;
use std::sync::Arc;

use kindred::domain::{
    ContentHash, EmbeddedFace, EmbeddedPhoto, Embedding, EmbeddingSpace, Fingerprint,
};
use kindred::gallery::{
    EmbeddedGallery, Gallery, GalleryView, Nearest, NearestQuery, NewPhoto, PageRequest,
    StoredPhoto,
};

use super::Random;

/// Photos of a person, people of a family.
pub const PHOTOS: usize = 8;
pub const PEOPLE: usize = 5;

pub fn space(dimension: usize) -> EmbeddingSpace {
    EmbeddingSpace { fingerprint: Fingerprint([7; 32]), dimensions: vec![dimension] }
}

/// The gallery `name` in `folder`, which is made where there is none.
pub fn open(folder: &Path, name: &str, dimension: usize) -> EmbeddedGallery {
    EmbeddedGallery::open_or_create(&folder.join(name), &space(dimension), folder).unwrap()
}

/// Unit vectors in clusters, as the photos of one person are.
pub fn clustered(count: usize, dimension: usize, seed: u64) -> Vec<Embedding> {
    let mut random = Random(seed);
    let mut centre = Vec::new();
    let vector = |at: usize| {
        if at.is_multiple_of(PHOTOS) {
            centre = (0..dimension).map(|_| random.signed()).collect();
        }
        Embedding::normalize(centre.iter().map(|c| c + 0.6 * random.signed()).collect()).unwrap()
    };
    (0..count).map(vector).collect()
}

/// The photo number `at`, `F0001/MID0/P000040` for the fortieth; its file is told by the number and `version`.
pub fn enrolment(at: usize, version: u64, embedding: &Embedding) -> NewPhoto {
    let family = at / (PEOPLE * PHOTOS);
    let id = format!("F{family:04}/MID{}/P{at:06}", at / PHOTOS % PEOPLE).parse().unwrap();
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&at.to_le_bytes());
    hash[8..16].copy_from_slice(&version.to_le_bytes());
    let faces = vec![EmbeddedFace { embeddings: vec![embedding.clone()] }];
    NewPhoto {
        id,
        photo: EmbeddedPhoto { content_hash: ContentHash(hash), thumbnail: None, faces },
    }
}

/// Enrols vectors as the photos from number `first` on.
pub fn enrol(gallery: &dyn Gallery, first: usize, vectors: &[Embedding]) {
    let photos = (first..).zip(vectors).map(|(at, vector)| enrolment(at, 0, vector));
    gallery.add_photos(photos.collect()).unwrap();
}

/// All photos, in the order of their identities.
pub fn all_photos(view: &dyn GalleryView) -> Vec<Arc<StoredPhoto>> {
    view.photos(None, &PageRequest::all()).unwrap()
}

/// The photos nearest to one probe.
pub fn nearest_to(view: &dyn GalleryView, probe: &Embedding, query: &NearestQuery) -> Nearest {
    view.nearest(std::slice::from_ref(probe), query).unwrap().remove(0)
}
