//! `/v1/people/{family}/{member}`: shows or deletes a person, and adds or replaces photos.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};

use super::removals::delete_entity;
use crate::api::audit_log::AuditEvent;
use crate::api::blocking::{blocking, respond};
use crate::api::extract::paths::PersonPath;
use crate::api::extract::photo_form::PhotosForm;
use crate::api::extract::upload::embed_photos;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::{EntityId, Fingerprint, PersonId, PhotoId};
use crate::gallery::{NewPhoto, PageRequest};
use crate::wire::{Enrolled, PersonResource, Receipt};

/// Number of SHA-256 digits that name a photo without a file name.
const NAME_DIGITS: usize = 16;

#[utoipa::path(
    get,
    path = "/v1/people/{family}/{member}",
    operation_id = "get_person",
    tag = "people",
    summary = "Show a person",
    params(PersonPath),
    responses(
        (status = 200, description = "The person's photos and listed kin", body = PersonResource),
        Problems,
    ),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    PersonPath(person): PersonPath,
) -> Result<HttpResponse, Problem> {
    respond(move || {
        let view = state.gallery.view()?;
        let photos = view.photos(Some(&EntityId::Person(person)), &PageRequest::all())?;
        if photos.is_empty() {
            return Err(Problem::not_enrolled(person));
        }
        let photos = photos.iter().map(|photo| &photo.id);
        let kin = view.relatives_of(person)?.into_iter();
        Ok(PersonResource::new(person, photos, kin))
    })
    .await
}

/// Adds photos of a person. The person may be new.
///
/// A photo is named after the content of its file, so that the same photo is added once.
#[utoipa::path(
    post,
    path = "/v1/people/{family}/{member}/photos",
    operation_id = "enrol_photos",
    tag = "people",
    summary = "Add photos of a person",
    params(PersonPath),
    request_body(content = PhotosForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "The photos are added", body = Enrolled), Problems),
)]
pub(in crate::api) async fn post_photos(
    state: web::Data<State>,
    PersonPath(person): PersonPath,
    form: MultipartForm<PhotosForm>,
) -> Result<HttpResponse, Problem> {
    let (ids, photos) = new_photos(&state, person, form).await?;
    blocking(move || state.gallery.add_photos(photos)).await??;
    let event = AuditEvent::new("enrol", &ids);
    Ok(event.attach_to(HttpResponse::Created().json(Enrolled::new(&ids))))
}

/// Replaces all photos of a person. The person may be new. Listed kin stay.
#[utoipa::path(
    put,
    path = "/v1/people/{family}/{member}",
    operation_id = "put_person",
    tag = "people",
    summary = "Replace a person's photos",
    params(PersonPath),
    request_body(content = PhotosForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The person's photos", body = Enrolled), Problems),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    PersonPath(person): PersonPath,
    form: MultipartForm<PhotosForm>,
) -> Result<HttpResponse, Problem> {
    let (ids, photos) = new_photos(&state, person, form).await?;
    let replaced = ids.iter().map(ToString::to_string).chain([person.to_string()]);
    let event = AuditEvent::new("replace", replaced);
    let response = respond(move || {
        state.gallery.replace_photos(person, photos)?;
        Ok(Enrolled::new(&ids))
    });
    Ok(event.attach_to(response.await?))
}

#[utoipa::path(
    delete,
    path = "/v1/people/{family}/{member}",
    operation_id = "delete_person",
    tag = "people",
    summary = "Delete a person",
    params(PersonPath),
    responses(
        (status = 200, description = "The receipt of the deletion", body = Receipt),
        Problems,
    ),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    PersonPath(person): PersonPath,
) -> Result<HttpResponse, Problem> {
    delete_entity(state, EntityId::Person(person)).await
}

/// Returns the person's photos in a form, each named after its file's content.
async fn new_photos(
    state: &web::Data<State>,
    person: PersonId,
    form: MultipartForm<PhotosForm>,
) -> Result<(Vec<PhotoId>, Vec<NewPhoto>), Problem> {
    let images = form.into_inner().files()?;
    let mut named = Vec::with_capacity(images.len());
    for photo in embed_photos(state, "image", images).await? {
        let name = Fingerprint(photo.content_hash.0).to_string();
        let id = PhotoId::new(person, &name[..NAME_DIGITS]).map_err(Problem::invalid)?;
        named.push((id.clone(), NewPhoto { id, photo }));
    }
    Ok(named.into_iter().unzip())
}
