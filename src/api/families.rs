//! `/v1/families`: who is enrolled, and forgetting a family.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::problem::Problem;
use super::server::State;
use super::upload::answer;
use super::wire::{FamilyList, FamilyResource, Receipt};
use crate::domain::{FamilyId, MemberId};
use crate::error::ErrorKind;

/// Most families of a page.
const MOST: usize = 1000;

/// Which part of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// How many, 1 to 1000; 100 when it is not given.
    limit: Option<usize>,
    /// What the page before names as `next`.
    cursor: Option<String>,
}

pub(super) async fn list(
    state: web::Data<State>,
    page: web::Query<Page>,
) -> Result<HttpResponse, Problem> {
    let Page { limit, cursor } = page.into_inner();
    let limit = limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("limit is {limit}; it goes from 1 to {MOST}");
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let after = cursor.map(|cursor| family(&cursor)).transpose()?;
    answer(move || {
        let snapshot = state.gallery.snapshot()?;
        let families = snapshot.photos().map(|photo| photo.id.member().family());
        let families: BTreeSet<FamilyId> =
            families.filter(|family| after.is_none_or(|after| *family > after)).collect();
        let shown: Vec<FamilyId> = families.iter().copied().take(limit).collect();
        let next = shown.last().filter(|_| shown.len() < families.len());
        Ok(FamilyList::new(&shown, next))
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
        let mut people: BTreeMap<MemberId, usize> = BTreeMap::new();
        for photo in snapshot.of_family(family) {
            *people.entry(photo.id.member()).or_default() += 1;
        }
        if people.is_empty() {
            return Err(not_enrolled(family));
        }
        let kin = |person: &MemberId| snapshot.kin_of(*person).collect();
        let people = people.iter().map(|(person, photos)| (*person, *photos, kin(person)));
        Ok(FamilyResource::new(family, people))
    })
    .await
}

pub(super) async fn delete(
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let family = family(&path)?;
    answer(move || {
        let removed = state.gallery.remove_family(family)?;
        Ok(Receipt::new(family, removed))
    })
    .await
}

fn family(text: &str) -> Result<FamilyId, Problem> {
    text.parse().map_err(Problem::bad_identity)
}

pub(super) fn not_enrolled(what: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorKind::NotFound, format!("{what} is not in the gallery"))
}
