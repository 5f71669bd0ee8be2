//! `POST /v1/embeddings`: photos in, their embeddings out.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};

use crate::api::extract::upload::{Images, Upload, embedded};
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::wire::EmbeddingsResponse;

#[utoipa::path(
    post,
    path = "/v1/embeddings",
    operation_id = "embed",
    tag = "search",
    summary = "Embed photos",
    request_body(content = Images, content_type = "multipart/form-data"),
    responses((status = 200, description = "The embeddings", body = EmbeddingsResponse), Problems),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    form: MultipartForm<Images>,
) -> Result<HttpResponse, Problem> {
    let photos = embedded(&state, "image", form.into_inner().given()?).await?;
    let photos: Vec<_> = photos.into_iter().map(Upload::photo).collect();
    let model = state.model.space().fingerprint;
    Ok(HttpResponse::Ok().json(EmbeddingsResponse::new(model, &photos)))
}
