//! `POST /v1/embeddings`: embeddings of photos.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};

use crate::api::extract::photo_form::PhotosForm;
use crate::api::extract::upload::embed_photos;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::wire::EmbeddingsResponse;

#[utoipa::path(
    post,
    path = "/v1/embeddings",
    operation_id = "embed",
    tag = "search",
    summary = "Embed photos",
    request_body(content = PhotosForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The embeddings", body = EmbeddingsResponse), Problems),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    form: MultipartForm<PhotosForm>,
) -> Result<HttpResponse, Problem> {
    let photos = embed_photos(&state, "image", form.into_inner().files()?).await?;
    let model = state.model.space().fingerprint;
    Ok(HttpResponse::Ok().json(EmbeddingsResponse::new(model, &photos)))
}
