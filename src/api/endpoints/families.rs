//! `/v1/families`: families of the gallery, their listed kin, and deletion of a family.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};

use super::removals::delete_entity;
use crate::api::audit_log::AuditEvent;
use crate::api::blocking::respond;
use crate::api::extract::pagination::Pagination;
use crate::api::extract::paths::FamilyPath;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::{EntityId, FamilyId, PhotoId, Relationship};
use crate::error::ErrorKind;
use crate::gallery::{Filter, PageRequest};
use crate::wire::{FamilyList, FamilyResource, ListedKin, Receipt, RelationshipList};

#[utoipa::path(
    get,
    path = "/v1/families",
    operation_id = "list_families",
    tag = "families",
    summary = "List families",
    params(Pagination),
    responses((status = 200, description = "A page of families", body = FamilyList), Problems),
)]
pub(in crate::api) async fn list(
    state: web::Data<State>,
    page: web::Query<Pagination>,
) -> Result<HttpResponse, Problem> {
    let range = page.into_inner().range()?;
    respond(move || {
        let people = state.gallery.view()?.people(&Filter::default())?;
        let families: BTreeSet<FamilyId> = people.iter().map(|person| person.family()).collect();
        let (families, next) = range.select(families.into_iter(), |family| *family);
        Ok(FamilyList::new(&families, next))
    })
    .await
}

#[utoipa::path(
    get,
    path = "/v1/families/{family}",
    operation_id = "get_family",
    tag = "families",
    summary = "Show a family",
    params(FamilyPath),
    responses((status = 200, description = "The family's people", body = FamilyResource), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    FamilyPath(family): FamilyPath,
) -> Result<HttpResponse, Problem> {
    respond(move || {
        let view = state.gallery.view()?;
        let photos = view.photos(Some(&EntityId::Family(family)), &PageRequest::all())?;
        let photos: Vec<&PhotoId> = photos.iter().map(|photo| &photo.id).collect();
        if photos.is_empty() {
            return Err(Problem::not_enrolled(family));
        }
        // The photos are sorted by identity.
        let mut people = Vec::new();
        for photos in photos.chunk_by(|a, b| a.member() == b.member()) {
            let person = photos[0].member();
            people.push((person, photos, view.relatives_of(person)?));
        }
        Ok(FamilyResource::new(family, people.into_iter()))
    })
    .await
}

/// Replaces the listed kin of a family: all pairs that name one of its people.
///
/// The people need not have photos yet.
#[utoipa::path(
    put,
    path = "/v1/families/{family}",
    operation_id = "put_family",
    tag = "families",
    summary = "Replace a family's listed kin",
    params(FamilyPath),
    request_body = ListedKin,
    responses(
        (status = 200, description = "The family's listed kin", body = RelationshipList),
        Problems,
    ),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    FamilyPath(family): FamilyPath,
    listed: web::Json<ListedKin>,
) -> Result<HttpResponse, Problem> {
    let pairs = listed.pairs().map_err(Problem::invalid)?;
    let strangers = pairs
        .iter()
        .map(Relationship::people)
        .find(|people| people.iter().all(|person| person.family() != family));
    if let Some([a, b]) = strangers {
        let detail = format!("neither {a} nor {b} is of {family}; list them with their family");
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let event = AuditEvent::new("relate", [family]);
    let response = respond(move || {
        state.gallery.replace_relationships(&EntityId::Family(family), &pairs)?;
        Ok(RelationshipList::new(&pairs, None))
    });
    Ok(event.attach_to(response.await?))
}

#[utoipa::path(
    delete,
    path = "/v1/families/{family}",
    operation_id = "delete_family",
    tag = "families",
    summary = "Delete a family",
    params(FamilyPath),
    responses(
        (status = 200, description = "The receipt of the deletion", body = Receipt),
        Problems,
    ),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    FamilyPath(family): FamilyPath,
) -> Result<HttpResponse, Problem> {
    delete_entity(state, EntityId::Family(family)).await
}
