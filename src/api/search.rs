//! `POST /v1/search`: a photo in, the people who look most like it out.

use std::time::Instant;

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_multipart::form::text::Text;
use actix_web::{HttpResponse, web};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::server::State;
use super::wire::{SearchResponse, TimingsMs};
use crate::domain::ContentHash;
use crate::embedder::Face;
use crate::error::ErrorKind;
use crate::photo::{self, Limits};
use crate::search::{Options, Probe, search};

/// The parts of the form.
#[derive(MultipartForm)]
#[multipart(duplicate_field = "deny")]
pub(super) struct Form {
    /// The photo's file.
    #[multipart(limit = "64MiB")]
    image: Bytes,
    /// Most people to return, 1 to 1000; 10 when it is not given.
    limit: Option<Text<usize>>,
}

pub(super) async fn post(
    state: web::Data<State>,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    let Form { image, limit } = form.into_inner();
    let options = options(limit.map(Text::into_inner))?;
    let mut timings = TimingsMs::default();

    let started = Instant::now();
    let decoder = state.clone();
    let (face, content_hash) = blocking(move || decode(&decoder, &image.data)).await??;
    timings.decode = milliseconds(started);

    let started = Instant::now();
    let embeddings = state.model.embed(face).await?;
    timings.embed = milliseconds(started);

    let started = Instant::now();
    let answer = blocking(move || {
        let probe = Probe { embedding: &embeddings[0], content_hash: Some(content_hash) };
        search(&state.snapshot, &probe, options)
    });
    let answer = answer.await?;
    timings.search = milliseconds(started);
    Ok(HttpResponse::Ok().json(SearchResponse::new(&answer, timings)))
}

fn options(limit: Option<usize>) -> Result<Options, Problem> {
    let default = Options::default();
    let limit = limit.unwrap_or(default.limit);
    if !(1..=Options::MAX_LIMIT).contains(&limit) {
        let detail = format!("limit is {limit}; it goes from 1 to {}", Options::MAX_LIMIT);
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    Ok(Options { limit, ..default })
}

fn decode(state: &State, bytes: &[u8]) -> Result<(Face, ContentHash), Problem> {
    let photo = photo::decode(bytes, &Limits::default())?;
    Ok((state.model.prepare(&photo), ContentHash(Sha256::digest(bytes).into())))
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let stopped = |_| Problem::new(ErrorKind::Internal, "the request's worker has stopped");
    web::block(work).await.map_err(stopped)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
