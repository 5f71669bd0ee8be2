//! `POST /v1/embeddings`: photos in, their embeddings out.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};

use super::problem::Problem;
use super::server::State;
use super::upload::{Images, embedded};
use super::wire::EmbeddingsResponse;

pub(super) async fn post(
    state: web::Data<State>,
    form: MultipartForm<Images>,
) -> Result<HttpResponse, Problem> {
    let photos = embedded(&state, form.into_inner().given()?).await?;
    let model = state.model.space().fingerprint;
    Ok(HttpResponse::Ok().json(EmbeddingsResponse::new(model, &photos)))
}
