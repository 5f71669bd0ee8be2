//! `POST /v1/compare`: two photos in, how likely they are of kin out.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::{HttpResponse, web};

use super::problem::Problem;
use super::server::State;
use super::upload::{blocking, embedded};
use super::wire::CompareResponse;
use crate::search::compare;

/// The parts of the form.
#[derive(MultipartForm)]
#[multipart(duplicate_field = "deny")]
pub(super) struct Form {
    /// One photo's file.
    #[multipart(limit = "64MiB")]
    image_a: Bytes,
    /// The other's.
    #[multipart(limit = "64MiB")]
    image_b: Bytes,
}

pub(super) async fn post(
    state: web::Data<State>,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    let Form { image_a, image_b } = form.into_inner();
    let photos = embedded(&state, vec![image_a.data, image_b.data]).await?;
    let comparison = blocking(move || {
        compare(state.model.ensemble(), &photos[0].embeddings, &photos[1].embeddings)
    });
    Ok(HttpResponse::Ok().json(CompareResponse::new(&comparison.await??)))
}
