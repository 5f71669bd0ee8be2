//! `/v1/photos/{family}/{member}/{name}`: enrolls a photo under a name, or deletes it.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::families::not_enrolled;
use super::removals::forget;
use crate::api::audit_log::AuditEvent;
use crate::api::extract::upload::{PhotoFile, answer, blocking, embedded};
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::domain::{EntityId, PhotoId};
use crate::error::ErrorKind;
use crate::wire::{Enrolled, PhotoResource, Receipt};

/// Fields of the form.
#[derive(MultipartForm, ToSchema)]
#[multipart(duplicate_field = "deny")]
#[schema(as = PhotoForm)]
pub(in crate::api) struct Form {
    /// The photo's file.
    #[multipart(limit = "64MiB")]
    #[schema(value_type = PhotoFile)]
    image: Bytes,
}

/// Path segments of a photo.
type Path = web::Path<PhotoPath>;

#[derive(Deserialize)]
pub(in crate::api) struct PhotoPath {
    family: String,
    member: String,
    name: String,
}

#[utoipa::path(
    get,
    path = "/v1/photos/{family}/{member}/{name}",
    operation_id = "get_photo",
    tag = "photos",
    summary = "Show a photo",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1"), ("name" = String, Path, description = "The photo's name, such as P00001_face0", pattern = "^[A-Za-z0-9_]{1,64}$", example = "P00001_face0")),
    responses((status = 200, description = "The photo", body = PhotoResource), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    path: Path,
) -> Result<HttpResponse, Problem> {
    let id = photo(&path)?;
    answer(move || match state.gallery.content_hash(&id)? {
        Some(hash) => Ok(PhotoResource::new(&id, hash)),
        None => Err(not_enrolled(id)),
    })
    .await
}

/// Enrolls the photo, or replaces it.
#[utoipa::path(
    put,
    path = "/v1/photos/{family}/{member}/{name}",
    operation_id = "enrol_photo",
    tag = "photos",
    summary = "Enrol a photo under a name",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1"), ("name" = String, Path, description = "The photo's name, such as P00001_face0", pattern = "^[A-Za-z0-9_]{1,64}$", example = "P00001_face0")),
    request_body(content = Form, content_type = "multipart/form-data"),
    responses((status = 200, description = "It replaced another one", body = Enrolled), (status = 201, description = "It is enrolled", body = Enrolled), Problems),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    path: Path,
    form: MultipartForm<Form>,
) -> Result<HttpResponse, Problem> {
    let id = photo(&path)?;
    let uploads = embedded(&state, "image", vec![form.into_inner().image.data]).await?;
    let enrolments = uploads.into_iter().map(|upload| upload.enrolment(id.clone())).collect();
    let enrolled = Enrolled::new(std::slice::from_ref(&id));
    let deed = AuditEvent::new("enrol", [&id]);
    let was_there = blocking(move || {
        let was_there = state.gallery.content_hash(&id)?.is_some();
        state.gallery.add_photos(enrolments)?;
        Ok::<_, Problem>(was_there)
    })
    .await??;
    let mut response = if was_there { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(deed.told_by(response.json(enrolled)))
}

/// Returns the thumbnail, if one is stored. No cache stores it, so that a deleted person is no longer visible.
#[utoipa::path(
    get,
    path = "/v1/photos/{family}/{member}/{name}/image",
    operation_id = "get_picture",
    tag = "photos",
    summary = "See a photo, small",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1"), ("name" = String, Path, description = "The photo's name, such as P00001_face0", pattern = "^[A-Za-z0-9_]{1,64}$", example = "P00001_face0")),
    responses((status = 200, description = "The picture", body = PhotoFile, content_type = "image/jpeg"), Problems),
)]
pub(in crate::api) async fn image(
    state: web::Data<State>,
    path: Path,
) -> Result<HttpResponse, Problem> {
    let id = photo(&path)?;
    let picture = blocking(move || state.gallery.thumbnail(&id)).await??;
    let picture = picture.ok_or_else(|| {
        Problem::new(ErrorKind::NotFound, "no thumbnail of this photo is stored").coded("not_kept")
    })?;
    let mut response = HttpResponse::Ok();
    response.content_type("image/jpeg").insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.body(picture))
}

#[utoipa::path(
    delete,
    path = "/v1/photos/{family}/{member}/{name}",
    operation_id = "delete_photo",
    tag = "photos",
    summary = "Delete a photo",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1"), ("name" = String, Path, description = "The photo's name, such as P00001_face0", pattern = "^[A-Za-z0-9_]{1,64}$", example = "P00001_face0")),
    responses((status = 200, description = "The receipt of the deletion", body = Receipt), Problems),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    path: Path,
) -> Result<HttpResponse, Problem> {
    let id = photo(&path)?;
    forget(state, EntityId::Photo(id)).await
}

fn photo(path: &PhotoPath) -> Result<PhotoId, Problem> {
    let PhotoPath { family, member, name } = path;
    format!("{family}/{member}/{name}").parse().map_err(Problem::invalid)
}
