//! `POST /v1/compare`: evidence of kinship between two photos.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::{HttpResponse, web};
use utoipa::ToSchema;

use crate::api::blocking::blocking;
use crate::api::extract::photo_form::FileSchema;
use crate::api::extract::upload::embed_photos;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::{EmbeddedPhoto, Embedding};
use crate::search::compare;
use crate::wire::CompareResponse;

/// Fields of the form.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
pub(in crate::api) struct CompareForm {
    /// File of the first photo.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = FileSchema)]
    image_a: Bytes,
    /// File of the second photo.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = FileSchema)]
    image_b: Bytes,
}

#[utoipa::path(
    post,
    path = "/v1/compare",
    operation_id = "compare",
    tag = "search",
    summary = "Compare two photos",
    request_body(content = CompareForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The evidence of kinship", body = CompareResponse),
        Problems,
    ),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    form: MultipartForm<CompareForm>,
) -> Result<HttpResponse, Problem> {
    let CompareForm { image_a, image_b } = form.into_inner();
    let a = embed_photo(&state, "image_a", image_a.data).await?;
    let b = embed_photo(&state, "image_b", image_b.data).await?;
    let comparison = blocking(move || compare(state.model.ensemble(), &a, &b));
    Ok(HttpResponse::Ok().json(CompareResponse::new(&comparison.await??)))
}

async fn embed_photo(
    state: &web::Data<State>,
    part: &'static str,
    file: web::Bytes,
) -> Result<Vec<Embedding>, Problem> {
    let photos = embed_photos(state, part, vec![file]).await?;
    let face = photos.into_iter().next().and_then(EmbeddedPhoto::into_first_face);
    Ok(face.map(|face| face.embeddings).unwrap_or_default())
}
