//! A gallery in a map, with a full comparison for each search.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use kindred::domain::{
    ContentHash, EmbeddedPhoto, Embedding, EmbeddingSpace, EntityId, PersonId, PhotoId, Progress,
    Relationship,
};
use kindred::gallery::{
    Deleted, Filter, Gallery, GalleryError, GalleryView, Method, Nearest, NearestQuery, Neighbor,
    NeighborEmbeddings, NewPhoto, PageRequest, StoredPhoto,
};

pub struct NaiveGallery {
    space: EmbeddingSpace,
    state: Mutex<NaiveView>,
}

#[derive(Clone)]
struct NaiveView {
    space: EmbeddingSpace,
    photos: BTreeMap<PhotoId, NaivePhoto>,
    pairs: BTreeMap<[PersonId; 2], Relationship>,
    next_ordinal: u64,
    changes: u64,
}

#[derive(Clone)]
struct NaivePhoto {
    stored: Arc<StoredPhoto>,
    photo: EmbeddedPhoto,
}

impl NaiveGallery {
    pub fn new(space: EmbeddingSpace) -> Self {
        let state = Mutex::new(NaiveView {
            space: space.clone(),
            photos: BTreeMap::new(),
            pairs: BTreeMap::new(),
            next_ordinal: 0,
            changes: 0,
        });
        Self { space, state }
    }

    fn read<T>(&self, read: impl FnOnce(&NaiveView) -> T) -> T {
        read(&self.state.lock().unwrap())
    }

    fn change<T>(&self, change: impl FnOnce(&mut NaiveView) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        state.changes += 1;
        change(&mut state)
    }
}

impl Gallery for NaiveGallery {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn bundle(&self) -> &Path {
        Path::new("bundle")
    }

    fn view(&self) -> Result<Arc<dyn GalleryView>, GalleryError> {
        Ok(Arc::new(self.read(NaiveView::clone)))
    }

    fn version(&self) -> Result<u64, GalleryError> {
        Ok(self.read(|state| state.changes))
    }

    fn photo_count(&self) -> Result<usize, GalleryError> {
        Ok(self.read(|state| state.photos.len()))
    }

    fn photo(&self, id: &PhotoId) -> Result<Option<StoredPhoto>, GalleryError> {
        Ok(self.read(|state| state.photos.get(id).map(|photo| (*photo.stored).clone())))
    }

    fn embeddings(&self, id: &PhotoId) -> Result<Option<Vec<Embedding>>, GalleryError> {
        Ok(self.read(|state| state.photos.get(id).map(|photo| photo.embeddings().to_vec())))
    }

    fn thumbnail(&self, id: &PhotoId) -> Result<Option<Vec<u8>>, GalleryError> {
        Ok(self.read(|state| state.photos.get(id).and_then(|photo| photo.photo.thumbnail.clone())))
    }

    fn add_photos(&self, photos: Vec<NewPhoto>) -> Result<(), GalleryError> {
        let expected = self.space.dimensions.clone();
        for NewPhoto { id, photo } in &photos {
            let [face] = photo.faces.as_slice() else {
                return Err(GalleryError::FaceCount { id: id.clone(), found: photo.faces.len() });
            };
            let found: Vec<usize> = face.embeddings.iter().map(Embedding::dimension).collect();
            if found != expected {
                return Err(GalleryError::WrongDimension { expected, found });
            }
        }
        self.change(|state| {
            for NewPhoto { id, photo } in photos {
                let ordinal = state.next_ordinal;
                state.next_ordinal += 1;
                let content_hash = photo.content_hash;
                let stored = Arc::new(StoredPhoto { id: id.clone(), content_hash, ordinal });
                state.photos.insert(id, NaivePhoto { stored, photo });
            }
        });
        Ok(())
    }

    fn replace_photos(
        &self,
        person: PersonId,
        photos: Vec<NewPhoto>,
    ) -> Result<Deleted, GalleryError> {
        let retained: BTreeSet<PhotoId> = photos.iter().map(|photo| photo.id.clone()).collect();
        self.add_photos(photos)?;
        Ok(self.change(|state| {
            state.delete_photos(|id| id.member() == person && !retained.contains(id))
        }))
    }

    fn delete(&self, target: &EntityId) -> Result<Deleted, GalleryError> {
        let deleted = self.change(|state| {
            let deleted = state.delete_photos(|id| is_in(id, target));
            let relationships = state.delete_pairs(|pair| names(pair, target));
            Deleted { relationships, ..deleted }
        });
        if deleted == Deleted::default() {
            return Err(GalleryError::NotEnrolled { what: target.to_string() });
        }
        Ok(deleted)
    }

    fn add_relationships(&self, pairs: &[Relationship]) -> Result<(), GalleryError> {
        self.change(|state| state.add_pairs(pairs));
        Ok(())
    }

    fn replace_relationships(
        &self,
        scope: &EntityId,
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError> {
        let relationships = self.change(|state| {
            state.add_pairs(pairs);
            state.delete_pairs(|pair| names(pair, scope) && !pairs.contains(pair))
        });
        Ok(Deleted { relationships, ..Deleted::default() })
    }

    fn delete_relationship(&self, [a, b]: [PersonId; 2]) -> Result<Deleted, GalleryError> {
        let relationships = self
            .change(|state| state.delete_pairs(|pair| [[a, b], [b, a]].contains(&pair.people())));
        if relationships == 0 {
            return Err(GalleryError::NotEnrolled { what: format!("the pair {a} and {b}") });
        }
        Ok(Deleted { relationships, ..Deleted::default() })
    }

    fn optimize(&self, _: &dyn Progress) -> Result<(), GalleryError> {
        Ok(())
    }
}

impl NaiveView {
    fn delete_photos(&mut self, is_deleted: impl Fn(&PhotoId) -> bool) -> Deleted {
        let mut deleted = Deleted::default();
        self.photos.retain(|id, photo| {
            if !is_deleted(id) {
                return true;
            }
            deleted.photos += 1;
            deleted.embeddings += photo.embeddings().len();
            deleted.thumbnails += usize::from(photo.photo.thumbnail.is_some());
            false
        });
        deleted
    }

    fn add_pairs(&mut self, pairs: &[Relationship]) {
        for pair in pairs {
            let [first, second] = pair.people();
            self.pairs.remove(&[second, first]);
            self.pairs.insert([first, second], *pair);
        }
    }

    fn delete_pairs(&mut self, is_deleted: impl Fn(&Relationship) -> bool) -> usize {
        let before = self.pairs.len();
        self.pairs.retain(|_, pair| !is_deleted(pair));
        before - self.pairs.len()
    }
}

impl GalleryView for NaiveView {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn photo_count(&self) -> usize {
        self.photos.len()
    }

    fn photos(
        &self,
        scope: Option<&EntityId>,
        page: &PageRequest<PhotoId>,
    ) -> Result<Vec<Arc<StoredPhoto>>, GalleryError> {
        let photos = self
            .photos
            .iter()
            .filter(|(id, _)| scope.is_none_or(|scope| is_in(id, scope)) && page.is_later(id));
        Ok(photos.take(page.limit).map(|(_, photo)| Arc::clone(&photo.stored)).collect())
    }

    fn relationships(
        &self,
        scope: Option<&EntityId>,
        page: &PageRequest<[PersonId; 2]>,
    ) -> Result<Vec<Relationship>, GalleryError> {
        let pairs = self.pairs.values().filter(|pair| {
            scope.is_none_or(|scope| names(pair, scope)) && page.is_later(&pair.people())
        });
        Ok(pairs.take(page.limit).copied().collect())
    }

    fn people(&self, filter: &Filter) -> Result<Vec<PersonId>, GalleryError> {
        let photos = self.photos.values().filter(|photo| filter.admits(&photo.stored));
        let people: BTreeSet<PersonId> = photos.map(|photo| photo.stored.id.member()).collect();
        Ok(people.into_iter().collect())
    }

    fn people_of_files(&self, files: &[ContentHash]) -> Result<BTreeSet<PersonId>, GalleryError> {
        let photos =
            self.photos.values().filter(|photo| files.contains(&photo.stored.content_hash));
        Ok(photos.map(|photo| photo.stored.id.member()).collect())
    }

    fn sample(&self, count: usize, per_person: usize) -> Result<Vec<Neighbor>, GalleryError> {
        let mut sample = Vec::new();
        for person in self.people(&Filter::default())? {
            let photos = self.photos.values().filter(|photo| photo.stored.id.member() == person);
            let photos: Vec<Neighbor> =
                photos.take(per_person).map(|photo| photo.neighbor(0.0)).collect();
            if sample.len() + photos.len() > count {
                break;
            }
            sample.extend(photos);
        }
        Ok(sample)
    }

    fn compare(&self, entity: &EntityId, probe: &Embedding) -> Result<Vec<Neighbor>, GalleryError> {
        self.check_probe(probe)?;
        let photos = self.photos.iter().filter(|(id, _)| is_in(id, entity));
        Ok(photos.map(|(_, photo)| photo.neighbor(photo.cosine(probe))).collect())
    }

    fn nearest(
        &self,
        probes: &[Embedding],
        query: &NearestQuery,
    ) -> Result<Vec<Nearest>, GalleryError> {
        let mut results = Vec::new();
        for probe in probes {
            self.check_probe(probe)?;
            let photos = self.photos.values().filter(|photo| query.filter.admits(&photo.stored));
            let mut neighbors: Vec<Neighbor> =
                photos.map(|photo| photo.neighbor(photo.cosine(probe))).collect();
            // The sort is stable: ties stay in the order of the photos.
            neighbors.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
            neighbors.truncate(query.count);
            results.push(Nearest { neighbors, method: Method::Exact });
        }
        Ok(results)
    }
}

impl NaivePhoto {
    fn embeddings(&self) -> &[Embedding] {
        &self.photo.faces[0].embeddings
    }

    fn cosine(&self, probe: &Embedding) -> f32 {
        let values = self.embeddings()[0].as_slice().iter();
        values.zip(probe.as_slice()).map(|(a, b)| a * b).sum::<f32>().clamp(-1.0, 1.0)
    }

    fn neighbor(&self, cosine: f32) -> Neighbor {
        let values = self.embeddings().iter().map(|embedding| embedding.as_slice().to_vec());
        let embeddings = NeighborEmbeddings::new(values);
        Neighbor { photo: Arc::clone(&self.stored), cosine, embeddings }
    }
}

fn is_in(id: &PhotoId, entity: &EntityId) -> bool {
    match entity {
        EntityId::Photo(photo) => id == photo,
        other => other.includes(id.member()),
    }
}

fn names(pair: &Relationship, scope: &EntityId) -> bool {
    pair.people().into_iter().any(|person| scope.includes(person))
}
