//! What there is to learn from: families, and the embeddings of their photos.

use sha2::{Digest, Sha256};

use crate::dataset::{Pedigree, PhotoPair};
use crate::domain::{Embedding, FamilyId, Fingerprint, PhotoId, Relationship};
use crate::kinship::{KinshipError, Rows};

/// Photos, each with one embedding per backbone.
pub type EmbeddedPhotos = Vec<(PhotoId, Vec<Embedding>)>;

/// Photos with their embeddings, and who is kin.
pub struct Corpus {
    /// Who is in the photos and who is kin; a photo's place in it is its row's.
    pub pedigree: Pedigree,
    /// Per backbone its name and the embeddings.
    pub backbones: Vec<(String, Rows)>,
    /// SHA-256 of the embeddings, in hexadecimal.
    pub(super) digest: String,
    /// Places of the families that a backbone has learned from.
    pub(super) seen: Vec<usize>,
}

impl Corpus {
    /// Photos with one embedding for each backbone in `names`.
    ///
    /// # Errors
    /// When the embeddings of one backbone have different widths.
    pub fn new(
        photos: EmbeddedPhotos,
        names: &[String],
        relationships: &[Relationship],
    ) -> Result<Self, KinshipError> {
        let rows = |(at, name): (usize, &String)| {
            let rows = Rows::new(photos.iter().map(|(_, embeddings)| embeddings[at].as_slice()))?;
            Ok((name.clone(), rows))
        };
        let backbones = names.iter().enumerate().map(rows).collect::<Result<_, KinshipError>>()?;
        let mut digest = Sha256::new();
        for embedding in photos.iter().flat_map(|(_, embeddings)| embeddings) {
            embedding.as_slice().iter().for_each(|value| digest.update(value.to_le_bytes()));
        }
        let digest = Fingerprint(digest.finalize().into()).to_string();
        let ids = photos.into_iter().map(|(id, _)| id).collect();
        let pedigree = Pedigree::new(ids, relationships);
        Ok(Self { pedigree, backbones, digest, seen: Vec::new() })
    }

    /// The same, after its backbones learned from `families`: no figure is measured on these.
    #[must_use]
    pub fn embedded_by_learners_of(mut self, families: &[FamilyId]) -> Self {
        let places = self.pedigree.families().iter().enumerate();
        let seen = places.filter(|(_, family)| families.contains(family)).map(|(at, _)| at);
        self.seen = seen.collect();
        self
    }

    /// The embeddings of pairs by one backbone, side by side.
    pub(super) fn sides(
        &self,
        backbone: usize,
        pairs: &[PhotoPair],
    ) -> Result<(Rows, Rows), KinshipError> {
        let rows = &self.backbones[backbone].1;
        let side = |at: usize| rows.select(pairs.iter().map(|pair| pair.photos[at]));
        Ok((side(0)?, side(1)?))
    }
}
