//! `/v1/families`: enrolled families, their listed kin, and deletion of a family.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};

use super::removals::forget;
use crate::api::audit_log::AuditEvent;
use crate::api::extract::pagination::Page;
use crate::api::extract::upload::answer;
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::domain::{EntityId, FamilyId, PersonId, PhotoId};
use crate::error::ErrorKind;
use crate::gallery::{Filter, PageRequest};
use crate::wire::{FamilyList, FamilyResource, ListedKin, Receipt, RelationshipList};

#[utoipa::path(
    get,
    path = "/v1/families",
    operation_id = "list_families",
    tag = "families",
    summary = "List families",
    params(Page),
    responses((status = 200, description = "A page of families", body = FamilyList), Problems),
)]
pub(in crate::api) async fn list(
    state: web::Data<State>,
    page: web::Query<Page>,
) -> Result<HttpResponse, Problem> {
    let window = page.into_inner().window()?;
    answer(move || {
        let people = state.gallery.view()?.people(&Filter::default())?;
        let families: BTreeSet<FamilyId> = people.iter().map(|person| person.family()).collect();
        let (families, next) = window.of(families.into_iter(), |family| *family);
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
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001")),
    responses((status = 200, description = "Its people", body = FamilyResource), Problems),
)]
pub(in crate::api) async fn get(
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let family = family(&path)?;
    answer(move || {
        let view = state.gallery.view()?;
        let photos = view.photos(Some(&EntityId::Family(family)), &PageRequest::all())?;
        let photos: Vec<&PhotoId> = photos.iter().map(|photo| &photo.id).collect();
        if photos.is_empty() {
            return Err(not_enrolled(family));
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
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001")),
    request_body = ListedKin,
    responses((status = 200, description = "These are listed, and no others", body = RelationshipList), Problems),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    path: web::Path<String>,
    listed: web::Json<ListedKin>,
) -> Result<HttpResponse, Problem> {
    let family = family(&path)?;
    let pairs = listed.pairs().map_err(Problem::invalid)?;
    let is_own = |person: PersonId| person.family() == family;
    if let Some(pair) = pairs.iter().find(|pair| !pair.people().into_iter().any(is_own)) {
        let [a, b] = pair.people();
        let detail = format!("neither {a} nor {b} is of {family}; list them with their family");
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let deed = AuditEvent::new("relate", [family]);
    let response = answer(move || {
        state.gallery.replace_relationships(&EntityId::Family(family), &pairs)?;
        Ok(RelationshipList::new(&pairs, None))
    });
    Ok(deed.told_by(response.await?))
}

#[utoipa::path(
    delete,
    path = "/v1/families/{family}",
    operation_id = "delete_family",
    tag = "families",
    summary = "Delete a family",
    params(("family" = String, Path, description = "A family, such as F0001", pattern = "^F[0-9]{4}$", example = "F0001")),
    responses((status = 200, description = "The receipt of the deletion", body = Receipt), Problems),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let family = family(&path)?;
    forget(state, EntityId::Family(family)).await
}

fn family(text: &str) -> Result<FamilyId, Problem> {
    text.parse().map_err(Problem::invalid)
}

pub(in crate::api) fn not_enrolled(what: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorKind::NotFound, format!("{what} is not in the gallery"))
}
