//! `/v1/people/{family}/{member}`: reads, adds or replaces a person's photos, or deletes the person.

use actix_multipart::form::MultipartForm;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::families::not_enrolled;
use super::removals::forget;
use crate::api::audit_log::AuditEvent;
use crate::api::extract::upload::{Images, answer, blocking, embedded};
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::domain::{EntityId, Fingerprint, PersonId, PhotoId};
use crate::gallery::{NewPhoto, PageRequest};
use crate::wire::{Enrolled, PersonResource, Receipt};

/// Path segments of a person.
type Path = web::Path<PersonPath>;

#[derive(Deserialize)]
pub(in crate::api) struct PersonPath {
    family: String,
    member: String,
}

/// Number of SHA-256 digits that name a photo without a file name.
const NAME_DIGITS: usize = 16;

#[utoipa::path(
    get,
    path = "/v1/people/{family}/{member}",
    operation_id = "get_person",
    tag = "people",
    summary = "Show a person",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1")),
    responses((status = 200, description = "Their photos and listed kin", body = PersonResource), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    path: Path,
) -> Result<HttpResponse, Problem> {
    let person = person(&path)?;
    answer(move || {
        let view = state.gallery.view()?;
        let photos = view.photos(Some(&EntityId::Person(person)), &PageRequest::all())?;
        if photos.is_empty() {
            return Err(not_enrolled(person));
        }
        let photos = photos.iter().map(|photo| &photo.id);
        let kin = view.relatives_of(person)?.into_iter();
        Ok(PersonResource::new(person, photos, kin))
    })
    .await
}

/// Enrolls photos of a person. The person may be new.
///
/// A photo is named after the content of its file, so that the same photo is enrolled once.
#[utoipa::path(
    post,
    path = "/v1/people/{family}/{member}/photos",
    operation_id = "enrol_photos",
    tag = "people",
    summary = "Enrol photos of a person",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1")),
    request_body(content = Images, content_type = "multipart/form-data"),
    responses((status = 201, description = "The photos are enrolled", body = Enrolled), Problems),
)]
pub(in crate::api) async fn post_photos(
    state: web::Data<State>,
    path: Path,
    form: MultipartForm<Images>,
) -> Result<HttpResponse, Problem> {
    let person = person(&path)?;
    let (ids, enrolments) = enrolments(&state, person, form).await?;
    blocking(move || state.gallery.add_photos(enrolments)).await??;
    Ok(AuditEvent::new("enrol", &ids).told_by(HttpResponse::Created().json(Enrolled::new(&ids))))
}

/// Replaces all photos of a person. The person may be new. Listed kin stay.
#[utoipa::path(
    put,
    path = "/v1/people/{family}/{member}",
    operation_id = "put_person",
    tag = "people",
    summary = "Replace a person's photos",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1")),
    request_body(content = Images, content_type = "multipart/form-data"),
    responses((status = 200, description = "These are the person's photos", body = Enrolled), Problems),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    path: Path,
    form: MultipartForm<Images>,
) -> Result<HttpResponse, Problem> {
    let person = person(&path)?;
    let (ids, enrolments) = enrolments(&state, person, form).await?;
    let replaced = ids.iter().map(ToString::to_string).chain([person.to_string()]);
    let deed = AuditEvent::new("replace", replaced);
    let response = answer(move || {
        state.gallery.replace_photos(person, enrolments)?;
        Ok(Enrolled::new(&ids))
    });
    Ok(deed.told_by(response.await?))
}

#[utoipa::path(
    delete,
    path = "/v1/people/{family}/{member}",
    operation_id = "delete_person",
    tag = "people",
    summary = "Delete a person",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001"), ("member" = String, Path, description = "A member of the family, such as MID1", pattern = "^MID[1-9][0-9]{0,8}$", example = "MID1")),
    responses((status = 200, description = "The receipt of the deletion", body = Receipt), Problems),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    path: Path,
) -> Result<HttpResponse, Problem> {
    let person = person(&path)?;
    forget(state, EntityId::Person(person)).await
}

/// Returns the person's photos in a form, each named after its file's content.
async fn enrolments(
    state: &web::Data<State>,
    person: PersonId,
    form: MultipartForm<Images>,
) -> Result<(Vec<PhotoId>, Vec<NewPhoto>), Problem> {
    let images = form.into_inner().given()?;
    let mut named = Vec::with_capacity(images.len());
    for upload in embedded(state, "image", images).await? {
        let name = Fingerprint(upload.content_hash.0).to_string();
        let id = PhotoId::new(person, &name[..NAME_DIGITS]).map_err(Problem::invalid)?;
        named.push((id.clone(), upload.enrolment(id)));
    }
    Ok(named.into_iter().unzip())
}

fn person(path: &PersonPath) -> Result<PersonId, Problem> {
    let PersonPath { family, member } = path;
    format!("{family}/{member}").parse().map_err(Problem::invalid)
}
