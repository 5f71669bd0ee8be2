//! The gallery interface on the store: reads, additions and deletions.

use std::path::Path;
use std::sync::Arc;

use super::gallery::EmbeddedGallery;
use super::load::listed_pairs;
use crate::domain::{
    Embedding, EmbeddingSpace, EntityId, PersonId, PhotoId, Progress, Relationship,
};
use crate::gallery::deleted::Deleted;
use crate::gallery::error::GalleryError;
use crate::gallery::interface::{Gallery, GalleryView};
use crate::gallery::photo::{NewPhoto, StoredPhoto};

impl Gallery for EmbeddedGallery {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn bundle(&self) -> &Path {
        &self.bundle
    }

    fn view(&self) -> Result<Arc<dyn GalleryView>, GalleryError> {
        Ok(self.snapshot()?)
    }

    fn version(&self) -> Result<u64, GalleryError> {
        Ok(self.store.counts()?.commits)
    }

    fn photo_count(&self) -> Result<usize, GalleryError> {
        Ok(self.store.counts()?.photos as usize)
    }

    fn photo(&self, id: &PhotoId) -> Result<Option<StoredPhoto>, GalleryError> {
        Ok(self.store.photo(id)?)
    }

    fn embeddings(&self, id: &PhotoId) -> Result<Option<Vec<Embedding>>, GalleryError> {
        let Some(photo) = self.store.photo(id)? else { return Ok(None) };
        let mut embeddings = Vec::new();
        for (backbone, &width) in (0..).zip(&self.space.dimensions) {
            let values = self.store.embedding(photo.ordinal, backbone, width)?;
            embeddings.push(Embedding::from_unit(values).map_err(GalleryError::BadEmbedding)?);
        }
        Ok(Some(embeddings))
    }

    fn thumbnail(&self, id: &PhotoId) -> Result<Option<Vec<u8>>, GalleryError> {
        let Some(photo) = self.store.photo(id)? else { return Ok(None) };
        Ok(self.store.thumbnail(photo.ordinal)?)
    }

    fn add_photos(&self, photos: Vec<NewPhoto>) -> Result<(), GalleryError> {
        for photo in &photos {
            self.check(photo)?;
        }
        let _writer = self.writer();
        let ordinals = self.store.put_photos(&photos)?;
        self.update(|snapshot| Ok(snapshot.with(&photos, &ordinals)))
    }

    fn replace_photos(
        &self,
        person: PersonId,
        photos: Vec<NewPhoto>,
    ) -> Result<Deleted, GalleryError> {
        let retained: Vec<PhotoId> = photos.iter().map(|photo| photo.id.clone()).collect();
        self.add_photos(photos)?;
        let _writer = self.writer();
        let mut photos = self.store.photos_of(&EntityId::Person(person))?;
        photos.retain(|photo| !retained.contains(photo));
        self.delete_records(&photos, &[])
    }

    fn delete(&self, target: &EntityId) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let photos = self.store.photos_of(target)?;
        let pairs = self.relationships_of(target)?;
        if photos.is_empty() && pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: target.to_string() });
        }
        self.delete_records(&photos, &pairs)
    }

    fn add_relationships(&self, pairs: &[Relationship]) -> Result<(), GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        self.update(|snapshot| Ok(snapshot.with_listed(listed_pairs(&self.store)?)))
    }

    fn replace_relationships(
        &self,
        scope: &EntityId,
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        self.store.put_relationships(pairs)?;
        let mut replaced = self.relationships_of(scope)?;
        replaced.retain(|pair| !pairs.contains(pair));
        let deleted = self.store.delete(&[], &replaced)?;
        self.update(|snapshot| Ok(snapshot.with_listed(listed_pairs(&self.store)?)))?;
        Ok(deleted)
    }

    fn delete_relationship(&self, people: [PersonId; 2]) -> Result<Deleted, GalleryError> {
        let _writer = self.writer();
        let [a, b] = people;
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| [[a, b], [b, a]].contains(&pair.people()));
        if pairs.is_empty() {
            return Err(GalleryError::NotEnrolled { what: format!("the pair {a} and {b}") });
        }
        self.delete_records(&[], &pairs)
    }

    fn optimize(&self, progress: &dyn Progress) -> Result<(), GalleryError> {
        self.seal(progress)
    }
}

impl EmbeddedGallery {
    /// Checks that a photo has one face, with embeddings of this gallery's widths.
    fn check(&self, NewPhoto { id, photo }: &NewPhoto) -> Result<(), GalleryError> {
        let [face] = photo.faces.as_slice() else {
            return Err(GalleryError::FaceCount { id: id.clone(), found: photo.faces.len() });
        };
        let found: Vec<usize> = face.embeddings.iter().map(Embedding::dimension).collect();
        if found == self.space.dimensions {
            return Ok(());
        }
        Err(GalleryError::WrongDimension { expected: self.space.dimensions.clone(), found })
    }

    /// Returns the listed pairs of a person, or of the people of a family.
    fn relationships_of(&self, scope: &EntityId) -> Result<Vec<Relationship>, GalleryError> {
        let mut pairs = self.store.relationships()?;
        pairs.retain(|pair| pair.people().into_iter().any(|person| scope.includes(person)));
        Ok(pairs)
    }

    /// Deletes stored photos and pairs, for a writer.
    fn delete_records(
        &self,
        photos: &[PhotoId],
        pairs: &[Relationship],
    ) -> Result<Deleted, GalleryError> {
        let deleted = self.store.delete(photos, pairs)?;
        self.update(|snapshot| {
            let snapshot = snapshot.without(photos.iter());
            match pairs {
                [] => Ok(snapshot),
                _ => Ok(snapshot.with_listed(listed_pairs(&self.store)?)),
            }
        })?;
        Ok(deleted)
    }
}
