//! Photos in a request become embeddings.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::server::State;
use crate::domain::{ContentHash, Embedding};
use crate::embedder::Face;
use crate::error::ErrorKind;
use crate::photo::{self, Limits};

/// A photo of a request, decoded.
pub(super) struct Upload {
    face: Face,
    /// SHA-256 of its file.
    pub(super) content_hash: ContentHash,
}

/// A form of photos and nothing else.
#[derive(MultipartForm)]
#[multipart(duplicate_field = "deny")]
pub(super) struct Images {
    /// The photos' files.
    #[multipart(limit = "64MiB")]
    image: Vec<Bytes>,
}

impl Images {
    /// The photos, of which there is one at least.
    pub(super) fn given(self) -> Result<Vec<Bytes>, Problem> {
        if self.image.is_empty() { Err(Problem::no_image()) } else { Ok(self.image) }
    }
}

/// Most photos in one request.
pub(super) const MAX_PHOTOS: usize = 16;

/// Decodes the photos of a request.
pub(super) async fn decode(
    state: &web::Data<State>,
    photos: Vec<Bytes>,
) -> Result<Vec<Upload>, Problem> {
    if photos.len() > MAX_PHOTOS {
        let detail = format!("{} photos in a request; at most {MAX_PHOTOS}", photos.len());
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let state = state.clone();
    let decode = move |photo: &Bytes| {
        let decoded = photo::decode(&photo.data, &Limits::default())?;
        let content_hash = ContentHash(Sha256::digest(&photo.data).into());
        Ok(Upload { face: state.model.prepare(&decoded)?, content_hash })
    };
    blocking(move || photos.iter().map(decode).collect()).await?
}

/// Embeds decoded photos: per photo one embedding per backbone.
pub(super) async fn embed(
    state: &web::Data<State>,
    uploads: Vec<Upload>,
) -> Result<Vec<Vec<Embedding>>, Problem> {
    let mut embedded = Vec::with_capacity(uploads.len());
    for upload in uploads {
        embedded.push(state.model.embed(upload.face).await?);
    }
    Ok(embedded)
}

/// Photos of a request as they are enrolled: the hash of each file, and one embedding per backbone.
pub(super) async fn embedded(
    state: &web::Data<State>,
    photos: Vec<Bytes>,
) -> Result<Vec<(ContentHash, Vec<Embedding>)>, Problem> {
    let uploads = decode(state, photos).await?;
    let hashes: Vec<ContentHash> = uploads.iter().map(|upload| upload.content_hash).collect();
    Ok(hashes.into_iter().zip(embed(state, uploads).await?).collect())
}

/// Answers with what `work` comes to, on a thread that may block.
pub(super) async fn answer<T: Serialize + Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(blocking(work).await??))
}

/// Runs `work` on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let stopped = |_| Problem::new(ErrorKind::Internal, "the request's worker has stopped");
    web::block(work).await.map_err(stopped)
}
