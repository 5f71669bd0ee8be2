//! `POST /v1/compare`: two photos in, their evidence of kinship out.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::{HttpResponse, web};
use utoipa::ToSchema;

use crate::api::extract::upload::{PhotoFile, blocking, embedded};
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::search::compare;
use crate::wire::CompareResponse;

/// Fields of the form.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
#[schema(as = CompareForm)]
pub(in crate::api) struct Form {
    /// File of the first photo.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = PhotoFile)]
    image_a: Bytes,
    /// File of the second photo.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = PhotoFile)]
    image_b: Bytes,
}

#[utoipa::path(
    post,
    path = "/v1/compare",
    operation_id = "compare",
    tag = "search",
    summary = "Compare two photos",
    request_body(content = Form, content_type = "multipart/form-data"),
    responses((status = 200, description = "How likely the two are kin", body = CompareResponse), Problems),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    let Form { image_a, image_b } = form.into_inner();
    let a = embedded(&state, "image_a", vec![image_a.data]).await?;
    let b = embedded(&state, "image_b", vec![image_b.data]).await?;
    let comparison =
        blocking(move || compare(state.model.ensemble(), &a[0].embeddings, &b[0].embeddings));
    Ok(HttpResponse::Ok().json(CompareResponse::new(&comparison.await??)))
}
