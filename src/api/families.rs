//! `/v1/families`: who is enrolled, and forgetting a family.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};

use super::paging::Page;
use super::problem::Problem;
use super::removals::forget;
use super::resources::{FamilyList, FamilyResource};
use super::server::State;
use super::upload::answer;
use crate::domain::{FamilyId, PhotoId, Who};
use crate::error::ErrorKind;

pub(super) async fn list(
    state: web::Data<State>,
    page: web::Query<Page>,
) -> Result<HttpResponse, Problem> {
    let window = page.into_inner().window()?;
    answer(move || {
        let snapshot = state.gallery.snapshot()?;
        let families = snapshot.photos().map(|photo| photo.id.member().family());
        let families: BTreeSet<FamilyId> = families.collect();
        let (families, next) = window.of(families.into_iter(), |family| *family);
        Ok(FamilyList::new(&families, next))
    })
    .await
}

pub(super) async fn get(
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let family = family(&path)?;
    answer(move || {
        let snapshot = state.gallery.snapshot()?;
        let photos: Vec<&PhotoId> =
            snapshot.of_family(family).into_iter().map(|photo| &photo.id).collect();
        if photos.is_empty() {
            return Err(not_enrolled(family));
        }
        // They come in the order of their identities.
        let people = photos.chunk_by(|a, b| a.member() == b.member()).map(|photos| {
            let person = photos[0].member();
            (person, photos, snapshot.kin_of(person).collect())
        });
        Ok(FamilyResource::new(family, people))
    })
    .await
}

pub(super) async fn delete(
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let family = family(&path)?;
    forget(state, Who::Family(family)).await
}

fn family(text: &str) -> Result<FamilyId, Problem> {
    text.parse().map_err(Problem::invalid)
}

pub(super) fn not_enrolled(what: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorKind::NotFound, format!("{what} is not in the gallery"))
}
