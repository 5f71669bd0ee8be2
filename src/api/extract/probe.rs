//! Probes of a request: photo files, enrolled photos, or embeddings.

use actix_web::web::{self, Bytes};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use utoipa::ToSchema;

use super::upload::{Decoded, MAX_PHOTOS, blocking, decode, embed};
use crate::api::endpoints::families::not_enrolled;
use crate::api::problem::Problem;
use crate::api::server::State;
use crate::domain::{ContentHash, Embedding, PhotoId};
use crate::wire::FaceSeen;

/// One photo of a probe.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::api) enum Sample {
    /// A photo's file.
    #[serde(skip)]
    #[schema(value_type = String)]
    File(Bytes),
    /// A photo's file in base64.
    Base64(String),
    /// The id of an enrolled photo.
    Photo(String),
    /// One vector per backbone of the bundle.
    Embeddings(Vec<Vec<f32>>),
}

/// Photos of one person, with faces that may still have to be embedded.
#[derive(Default)]
pub(in crate::api) struct Samples {
    /// Known embeddings. `None` for each face that is in `faces`.
    known: Vec<Option<Vec<Embedding>>>,
    faces: Decoded,
    /// Hashes of the photos' files.
    pub(in crate::api) files: Vec<ContentHash>,
    /// Positions of the faces.
    pub(in crate::api) seen: Vec<FaceSeen>,
}

impl Samples {
    /// Reads and decodes the field `part` of a request.
    pub(in crate::api) async fn read(
        state: &web::Data<State>,
        part: &'static str,
        samples: Vec<Sample>,
    ) -> Result<Self, Problem> {
        if samples.len() > MAX_PHOTOS {
            let detail = format!("{} photos in '{part}'; at most {MAX_PHOTOS}", samples.len());
            return Err(Problem::invalid(detail));
        }
        let mut read = Self::default();
        let mut files = Vec::new();
        for sample in samples {
            read.known.push(match sample {
                Sample::File(file) => {
                    files.push((read.known.len(), file));
                    None
                }
                Sample::Base64(text) => {
                    let file = BASE64_STANDARD.decode(text).map_err(Problem::invalid)?;
                    files.push((read.known.len(), file.into()));
                    None
                }
                Sample::Photo(id) => {
                    let (hash, embeddings) = enrolled(state, id).await?;
                    read.files.push(hash);
                    Some(embeddings)
                }
                Sample::Embeddings(values) => Some(given(state, values)?),
            });
        }
        read.faces = decode(state, part, files).await?;
        read.files.extend(read.faces.iter().map(|(_, upload)| upload.content_hash));
        let places = read.known.iter().enumerate().filter(|(_, known)| known.is_none());
        let places = places.map(|(index, _)| index).zip(&read.faces);
        read.seen = places.map(|(index, (face, _))| FaceSeen::new(part, index, face)).collect();
        Ok(read)
    }

    /// Embeds the remaining faces. Returns one embedding per backbone for each photo.
    pub(in crate::api) async fn embedded(
        self,
        state: &web::Data<State>,
    ) -> Result<Vec<Vec<Embedding>>, Problem> {
        let mut uploads = embed(state, self.faces).await?.into_iter();
        let embeddings = self.known.into_iter().map(|known| match known {
            Some(embeddings) => embeddings,
            None => uploads.next().map(|upload| upload.embeddings).unwrap_or_default(),
        });
        Ok(embeddings.collect())
    }
}

async fn enrolled(
    state: &web::Data<State>,
    id: String,
) -> Result<(ContentHash, Vec<Embedding>), Problem> {
    let id: PhotoId = id.parse().map_err(Problem::invalid)?;
    let state = state.clone();
    let found = blocking(move || {
        let hash = state.gallery.content_hash(&id)?;
        let embeddings = state.gallery.embeddings(&id)?;
        hash.zip(embeddings).ok_or_else(|| not_enrolled(id))
    });
    found.await?
}

fn given(state: &State, values: Vec<Vec<f32>>) -> Result<Vec<Embedding>, Problem> {
    let found = values.iter().map(Vec::len);
    let wanted = &state.model.space().dimensions;
    if !found.clone().eq(wanted.iter().copied()) {
        let found: Vec<usize> = found.collect();
        let detail = format!("embeddings of the widths {found:?}; this model's have {wanted:?}");
        return Err(Problem::invalid(detail));
    }
    values
        .into_iter()
        .map(|values| Embedding::normalize(values).map_err(Problem::invalid))
        .collect()
}
