//! Decoding and embedding of the photos in a request.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes as Part;
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::api::problem::Problem;
use crate::api::server::State;
use crate::bundle::Face;
use crate::domain::{ContentHash, EmbeddedFace, EmbeddedPhoto, Embedding, PhotoId};
use crate::error::ErrorKind;
use crate::gallery::NewPhoto;
use crate::photo::{self, Limits};

/// An embedded photo of a request.
pub(in crate::api) struct Upload {
    /// SHA-256 of the photo's file.
    pub(in crate::api) content_hash: ContentHash,
    /// One embedding per backbone.
    pub(in crate::api) embeddings: Vec<Embedding>,
    /// Thumbnail, if the service stores thumbnails.
    thumbnail: Option<Vec<u8>>,
}

/// Bytes of a file, for the API documentation.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(in crate::api) struct PhotoFile(#[expect(dead_code, reason = "it stands for bytes")] Vec<u8>);

/// A form that contains only photos.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
pub(in crate::api) struct Images {
    /// The photos' files.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = Vec<PhotoFile>)]
    image: Vec<Part>,
}

impl Images {
    /// Returns the photos' files, at least one.
    pub(in crate::api) fn given(self) -> Result<Vec<Bytes>, Problem> {
        let files: Vec<Bytes> = self.image.into_iter().map(|part| part.data).collect();
        if files.is_empty() { Err(Problem::no_image()) } else { Ok(files) }
    }
}

impl Upload {
    /// Returns the photo with its face.
    pub(in crate::api) fn photo(self) -> EmbeddedPhoto {
        let Self { content_hash, embeddings, thumbnail } = self;
        EmbeddedPhoto { content_hash, thumbnail, faces: vec![EmbeddedFace { embeddings }] }
    }

    /// Returns the photo, ready to be enrolled under a name.
    pub(in crate::api) fn enrolment(self, id: PhotoId) -> NewPhoto {
        NewPhoto { id, photo: self.photo() }
    }
}

/// Maximum number of photos in one request.
pub(in crate::api) const MAX_PHOTOS: usize = 16;

/// Photos with their cropped face, to be embedded.
pub(in crate::api) type Decoded = Vec<(Face, Upload)>;

/// Decodes photo files and finds the face in each.
///
/// Each file comes with its index in a part of the request.
pub(in crate::api) async fn decode(
    state: &web::Data<State>,
    part: &'static str,
    files: Vec<(usize, Bytes)>,
) -> Result<Decoded, Problem> {
    if files.len() > MAX_PHOTOS {
        let detail = format!("{} photos in a request; at most {MAX_PHOTOS}", files.len());
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let state = state.clone();
    blocking(move || {
        let mut decoded = Vec::new();
        let mut problems = Vec::new();
        for (index, file) in files {
            match decode_one(&state, &file) {
                Ok(photo) => decoded.push(photo),
                Err(problem) => problems.push((index, problem)),
            }
        }
        Problem::of_photos(part, problems).map_or(Ok(decoded), Err)
    })
    .await?
}

fn decode_one(state: &State, file: &Bytes) -> Result<(Face, Upload), Problem> {
    let photo = photo::decode(file, &Limits::default())?;
    let face = state.model.prepare(&photo)?;
    let landmarks = face.found.as_ref().map(|found| &found.landmarks);
    let upload = Upload {
        content_hash: ContentHash(Sha256::digest(file).into()),
        embeddings: Vec::new(),
        thumbnail: state.keep_photos.then(|| photo::thumbnail(&photo, landmarks)),
    };
    Ok((face, upload))
}

/// Embeds decoded photos. They queue for the model together.
pub(in crate::api) async fn embed(
    state: &web::Data<State>,
    decoded: Decoded,
) -> Result<Vec<Upload>, Problem> {
    let (faces, mut uploads): (Vec<Face>, Vec<Upload>) = decoded.into_iter().unzip();
    for (upload, embeddings) in uploads.iter_mut().zip(state.model.embed(faces).await?) {
        upload.embeddings = embeddings;
    }
    Ok(uploads)
}

/// Decodes and embeds all files of a part of the request.
pub(in crate::api) async fn embedded(
    state: &web::Data<State>,
    part: &'static str,
    files: Vec<Bytes>,
) -> Result<Vec<Upload>, Problem> {
    let decoded = decode(state, part, files.into_iter().enumerate().collect()).await?;
    embed(state, decoded).await
}

/// Runs `work` on a thread that may block, and responds with its result.
pub(in crate::api) async fn answer<T: Serialize + Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(blocking(work).await??))
}

/// Runs `work` on a thread that may block.
pub(in crate::api) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let stopped = |_| Problem::new(ErrorKind::Internal, "the request's worker has stopped");
    web::block(work).await.map_err(stopped)
}
