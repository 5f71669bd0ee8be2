//! Decoding and embedding of the photos in a request.

use actix_web::web::{self, Bytes};

use crate::api::blocking::blocking;
use crate::api::problem::Problem;
use crate::api::state::State;
use crate::domain::EmbeddedPhoto;
use crate::error::ErrorKind;
use crate::pipeline::{PhotoFile, PipelineError, PreparedPhoto, Rejection, prepare};

/// Maximum number of photos in one request.
pub(in crate::api) const MAX_PHOTOS: usize = 16;

/// A photo file in a part of a request.
pub(in crate::api) struct RequestFile {
    /// Index among the photos of the part.
    pub(in crate::api) index: usize,
    pub(in crate::api) bytes: Vec<u8>,
}

/// Prepares photo files of a part of a request. Each must show a face.
pub(in crate::api) async fn prepare_photos(
    state: &web::Data<State>,
    part: &'static str,
    files: Vec<RequestFile>,
) -> Result<Vec<PreparedPhoto>, Problem> {
    if files.len() > MAX_PHOTOS {
        let detail = format!("{} photos in a request; at most {MAX_PHOTOS}", files.len());
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let state = state.clone();
    blocking(move || {
        let mut prepared = Vec::new();
        let mut problems = Vec::new();
        for RequestFile { index, bytes } in files {
            match prepare_photo(&state, PhotoFile::new(format!("{part}[{index}]"), bytes)) {
                Ok(photo) => prepared.push(photo),
                Err(problem) => problems.push((index, problem)),
            }
        }
        Problem::of_photos(part, problems).map_or(Ok(prepared), Err)
    })
    .await?
}

fn prepare_photo(state: &State, file: PhotoFile) -> Result<PreparedPhoto, Problem> {
    let prepared = prepare(state.model.bundle(), &file, state.config.thumbnails());
    prepared.and_then(PreparedPhoto::with_face).map_err(|error| {
        let is_without_face = matches!(error, PipelineError::Rejected(Rejection::NoFace { .. }));
        let problem = Problem::from(error);
        if is_without_face { problem.with_code("no_face") } else { problem }
    })
}

/// Prepares and embeds all files of a part of the request.
pub(in crate::api) async fn embed_photos(
    state: &web::Data<State>,
    part: &'static str,
    files: Vec<Bytes>,
) -> Result<Vec<EmbeddedPhoto>, Problem> {
    let files = (0..).zip(files).map(|(index, bytes)| RequestFile { index, bytes: bytes.into() });
    let prepared = prepare_photos(state, part, files.collect()).await?;
    state.model.embed(prepared).await
}
