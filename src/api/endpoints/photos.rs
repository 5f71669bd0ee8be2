//! `/v1/photos/{family}/{member}/{name}`: shows, adds, replaces or deletes a photo.

use actix_multipart::form::MultipartForm;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use super::removals::delete_entity;
use crate::api::audit_log::AuditEvent;
use crate::api::blocking::{blocking, respond};
use crate::api::extract::paths::PhotoPath;
use crate::api::extract::photo_form::{FileSchema, PhotoForm};
use crate::api::extract::upload::embed_photos;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::EntityId;
use crate::error::ErrorKind;
use crate::gallery::NewPhoto;
use crate::wire::{Enrolled, PhotoResource, Receipt};

#[utoipa::path(
    get,
    path = "/v1/photos/{family}/{member}/{name}",
    operation_id = "get_photo",
    tag = "photos",
    summary = "Show a photo",
    params(PhotoPath),
    responses((status = 200, description = "The photo", body = PhotoResource), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    PhotoPath(id): PhotoPath,
) -> Result<HttpResponse, Problem> {
    respond(move || match state.gallery.content_hash(&id)? {
        Some(hash) => Ok(PhotoResource::new(&id, hash)),
        None => Err(Problem::not_enrolled(id)),
    })
    .await
}

/// Adds the photo, or replaces it.
#[utoipa::path(
    put,
    path = "/v1/photos/{family}/{member}/{name}",
    operation_id = "enrol_photo",
    tag = "photos",
    summary = "Add or replace a photo",
    params(PhotoPath),
    request_body(content = PhotoForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The photo is replaced", body = Enrolled),
        (status = 201, description = "The photo is added", body = Enrolled),
        Problems,
    ),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    PhotoPath(id): PhotoPath,
    form: MultipartForm<PhotoForm>,
) -> Result<HttpResponse, Problem> {
    let photos = embed_photos(&state, "image", vec![form.into_inner().file()]).await?;
    let photos = photos.into_iter().map(|photo| NewPhoto { id: id.clone(), photo }).collect();
    let enrolled = Enrolled::new(std::slice::from_ref(&id));
    let event = AuditEvent::new("enrol", [&id]);
    let existed = blocking(move || {
        let existed = state.gallery.content_hash(&id)?.is_some();
        state.gallery.add_photos(photos)?;
        Ok::<_, Problem>(existed)
    })
    .await??;
    let mut response = if existed { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(event.attach_to(response.json(enrolled)))
}

/// Returns the thumbnail, if one is stored.
///
/// No cache stores it, so that a deleted person is no longer visible.
#[utoipa::path(
    get,
    path = "/v1/photos/{family}/{member}/{name}/image",
    operation_id = "get_picture",
    tag = "photos",
    summary = "Show the thumbnail of a photo",
    params(PhotoPath),
    responses(
        (
            status = 200,
            description = "The thumbnail",
            body = FileSchema,
            content_type = "image/jpeg",
        ),
        Problems,
    ),
)]
pub(in crate::api) async fn image(
    state: web::Data<State>,
    PhotoPath(id): PhotoPath,
) -> Result<HttpResponse, Problem> {
    let thumbnail = blocking(move || state.gallery.thumbnail(&id)).await??;
    let thumbnail = thumbnail.ok_or_else(|| {
        Problem::new(ErrorKind::NotFound, "no thumbnail of this photo is stored")
            .with_code("not_kept")
    })?;
    let mut response = HttpResponse::Ok();
    response.content_type("image/jpeg").insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.body(thumbnail))
}

#[utoipa::path(
    delete,
    path = "/v1/photos/{family}/{member}/{name}",
    operation_id = "delete_photo",
    tag = "photos",
    summary = "Delete a photo",
    params(PhotoPath),
    responses(
        (status = 200, description = "The receipt of the deletion", body = Receipt),
        Problems,
    ),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    PhotoPath(id): PhotoPath,
) -> Result<HttpResponse, Problem> {
    delete_entity(state, EntityId::Photo(id)).await
}
