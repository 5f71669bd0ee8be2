//! Sources of training data: families, and the embeddings of their photos.

use sha2::{Digest, Sha256};

use crate::dataset::{Pedigree, PhotoPair};
use crate::domain::{Embedding, FamilyId, Fingerprint, PersonId, PhotoId, Relationship};
use crate::kinship::{KinshipError, Rows};

/// Photos, each with one embedding per backbone.
pub type EmbeddedPhotos = Vec<(PhotoId, Vec<Embedding>)>;

/// One source of training data: photos, their embeddings and their kin relationships.
///
/// The photos were collected and cropped in one way.
pub struct Corpus {
    /// The source's name.
    pub name: String,
    /// People in the photos and their kin relationships. The index of a photo is its row.
    pub pedigree: Pedigree,
    /// Name and embeddings of each backbone.
    pub backbones: Vec<(String, Rows)>,
    /// SHA-256 of the embeddings, in hexadecimal.
    pub(crate) digest: String,
    /// Indices of the families that a backbone was trained on.
    pub(crate) seen: Vec<usize>,
    /// Blurred copies of some photos, embedded by the first backbone, `(n, d)`.
    pub(crate) blurred: Option<Rows>,
}

impl Corpus {
    /// Creates the source `name`. Each photo has one embedding for each backbone in `names`.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if the embeddings of one backbone have different widths.
    pub fn new(
        name: &str,
        photos: EmbeddedPhotos,
        names: &[String],
        relationships: &[Relationship],
    ) -> Result<Self, KinshipError> {
        let mut backbones = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let rows = Rows::new(photos.iter().map(|(_, embeddings)| embeddings[i].as_slice()))?;
            backbones.push((name.clone(), rows));
        }
        let mut digest = Sha256::new();
        for embedding in photos.iter().flat_map(|(_, embeddings)| embeddings) {
            embedding.as_slice().iter().for_each(|value| digest.update(value.to_le_bytes()));
        }
        let digest = Fingerprint(digest.finalize().into()).to_string();
        let ids = photos.into_iter().map(|(id, _)| id).collect();
        let pedigree = Pedigree::new(ids, relationships);
        let name = name.to_owned();
        Ok(Self { name, pedigree, backbones, digest, seen: Vec::new(), blurred: None })
    }

    /// Adds blurred copies of some photos, embedded by the first backbone, `(n, d)`.
    #[must_use]
    pub fn with_blurred(self, blurred: Option<Rows>) -> Self {
        Self { blurred, ..self }
    }

    /// Marks `families` as training data of the backbones. They are excluded from all metrics.
    #[must_use]
    pub fn with_training_families(mut self, families: &[FamilyId]) -> Self {
        let all = self.pedigree.families();
        self.seen = (0..all.len()).filter(|&i| families.contains(&all[i])).collect();
        self
    }

    /// Merges several sources for joint training. Families of different sources stay different.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if the sources were embedded by different backbones.
    pub fn merged(sources: &[&Self]) -> Result<Self, KinshipError> {
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        let mut ids = Vec::new();
        let mut kin = Vec::new();
        let mut seen = Vec::new();
        let mut digest = Sha256::new();
        let mut first_family = 1;
        for source in sources {
            let pedigree = &source.pedigree;
            let people = renumbered_people(pedigree, first_family);
            let mut people_of_photos = vec![0; pedigree.photos().len()];
            for (i, person) in pedigree.people().iter().enumerate() {
                person.photos.iter().for_each(|&photo| people_of_photos[photo] = i);
            }
            let photos = pedigree.photos().iter().zip(&people_of_photos);
            ids.extend(photos.map(|(photo, &i)| photo.of_person(people[i])));
            for pair in pedigree.kin() {
                let [a, b] = pair.people.map(|i| people[i]);
                // Both people are of one family and differ, as in their source.
                kin.extend(Relationship::new(a, b, pair.relation).ok());
            }
            seen.extend(source.seen.iter().map(|&i| FamilyId::new(first_family + i as u32)));
            first_family += pedigree.families().len() as u32;
            digest.update(&source.digest);
        }
        let backbones = (0..sources[0].backbones.len()).map(|backbone| {
            let rows = sources.iter().flat_map(|source| source.backbones[backbone].1.iter());
            Ok((sources[0].backbones[backbone].0.clone(), Rows::new(rows)?))
        });
        let merged = Self {
            name: names.join("+"),
            pedigree: Pedigree::new(ids, &kin),
            backbones: backbones.collect::<Result<_, KinshipError>>()?,
            digest: Fingerprint(digest.finalize().into()).to_string(),
            seen: Vec::new(),
            blurred: None,
        };
        Ok(merged.with_training_families(&seen))
    }

    /// Returns the backbones' names with the widths of their embeddings.
    pub(crate) fn backbone_widths(&self) -> Vec<(&str, usize)> {
        self.backbones.iter().map(|(name, rows)| (name.as_str(), rows.dimension())).collect()
    }

    /// Returns whether the source has kin for training or evaluation.
    pub fn has_kin(&self) -> bool {
        !self.pedigree.kin().is_empty()
    }

    /// Returns the faces with these indices, per backbone.
    pub(crate) fn faces(&self, photos: &[usize]) -> Result<Vec<Rows>, KinshipError> {
        self.backbones.iter().map(|(_, rows)| rows.select(photos.iter().copied())).collect()
    }

    /// Returns the embeddings of both sides of pairs by one backbone.
    pub(crate) fn sides(
        &self,
        backbone: usize,
        pairs: &[PhotoPair],
    ) -> Result<(Rows, Rows), KinshipError> {
        let rows = &self.backbones[backbone].1;
        let first = rows.select(pairs.iter().map(|pair| pair.photos[0]))?;
        let second = rows.select(pairs.iter().map(|pair| pair.photos[1]))?;
        Ok((first, second))
    }
}

/// Returns the ids of a source's people, with families numbered from `first_family`.
fn renumbered_people(pedigree: &Pedigree, first_family: u32) -> Vec<PersonId> {
    let people = pedigree.people().iter();
    people
        .map(|person| person.id.of_family(FamilyId::new(first_family + person.family as u32)))
        .collect()
}
