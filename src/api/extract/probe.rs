//! Probes of a request: photo files, photos of the gallery, or embeddings.

use actix_web::web;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::upload::{MAX_PHOTOS, RequestFile, prepare_photos};
use crate::api::blocking::blocking;
use crate::api::problem::Problem;
use crate::api::state::State;
use crate::domain::{ContentHash, EmbeddedPhoto, Embedding, PhotoId};
use crate::pipeline::PreparedPhoto;
use crate::search::ProbePhotos;
use crate::wire::{ProbeFace, ProbePhoto};

/// Photos of one person, of which some may still have to be embedded.
#[derive(Default)]
pub(in crate::api) struct RequestProbe {
    /// Known embeddings. `None` for each photo that is in `prepared`.
    known: Vec<Option<Vec<Embedding>>>,
    prepared: Vec<PreparedPhoto>,
    /// Hashes of the photos' files.
    files: Vec<ContentHash>,
    /// Positions of the faces.
    pub(in crate::api) faces: Vec<ProbeFace>,
}

impl RequestProbe {
    /// Reads and decodes the field `part` of a request.
    pub(in crate::api) async fn read(
        state: &web::Data<State>,
        part: &'static str,
        photos: Vec<ProbePhoto>,
    ) -> Result<Self, Problem> {
        if photos.len() > MAX_PHOTOS {
            let detail = format!("{} photos in '{part}'; at most {MAX_PHOTOS}", photos.len());
            return Err(Problem::invalid(detail));
        }
        let mut probe = Self::default();
        let mut files = Vec::new();
        for (index, photo) in photos.into_iter().enumerate() {
            let known = match photo {
                ProbePhoto::File(bytes) => {
                    files.push(RequestFile { index, bytes });
                    None
                }
                ProbePhoto::Base64(text) => {
                    let bytes = BASE64_STANDARD.decode(text).map_err(Problem::invalid)?;
                    files.push(RequestFile { index, bytes });
                    None
                }
                ProbePhoto::Photo(id) => {
                    let (hash, embeddings) = enrolled(state, id).await?;
                    probe.files.push(hash);
                    Some(embeddings)
                }
                ProbePhoto::Embeddings(values) => Some(normalized(state, values)?),
            };
            probe.known.push(known);
        }
        let indices: Vec<usize> = files.iter().map(|file| file.index).collect();
        probe.prepared = prepare_photos(state, part, files).await?;
        for (index, photo) in indices.into_iter().zip(&probe.prepared) {
            probe.files.push(photo.content_hash);
            probe.faces.push(ProbeFace::new(part, index, photo));
        }
        Ok(probe)
    }

    /// Embeds the remaining photos.
    pub(in crate::api) async fn embed(
        self,
        state: &web::Data<State>,
    ) -> Result<ProbePhotos, Problem> {
        let embedded = state.model.embed(self.prepared).await?.into_iter();
        let mut embedded = embedded.filter_map(EmbeddedPhoto::into_first_face);
        let mut embeddings = Vec::with_capacity(self.known.len());
        for known in self.known {
            embeddings.extend(known.or_else(|| Some(embedded.next()?.embeddings)));
        }
        Ok(ProbePhotos { embeddings, files: self.files })
    }
}

async fn enrolled(
    state: &web::Data<State>,
    id: String,
) -> Result<(ContentHash, Vec<Embedding>), Problem> {
    let id: PhotoId = id.parse().map_err(Problem::invalid)?;
    let state = state.clone();
    blocking(move || {
        let hash = state.gallery.content_hash(&id)?;
        let embeddings = state.gallery.embeddings(&id)?;
        hash.zip(embeddings).ok_or_else(|| Problem::not_enrolled(id))
    })
    .await?
}

fn normalized(state: &State, values: Vec<Vec<f32>>) -> Result<Vec<Embedding>, Problem> {
    let found: Vec<usize> = values.iter().map(Vec::len).collect();
    let expected = &state.model.space().dimensions;
    if found != *expected {
        let detail = format!("embeddings of the widths {found:?}; this model's have {expected:?}");
        return Err(Problem::invalid(detail));
    }
    values
        .into_iter()
        .map(|values| Embedding::normalize(values).map_err(Problem::invalid))
        .collect()
}
