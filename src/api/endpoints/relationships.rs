//! `/v1/relationships`: the pairs of people listed as kin.

use std::fmt;
use std::str::FromStr;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::audit_log::AuditEvent;
use crate::api::blocking::respond;
use crate::api::extract::pagination::Pagination;
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::{EntityId, FamilyId, IdentityError, PersonId};
use crate::gallery::PageRequest;
use crate::wire::{ListedKin, Receipt, RelationshipList};

/// Two people, as written in a cursor and in a receipt.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct PersonPair([PersonId; 2]);

impl FromStr for PersonPair {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let (a, b) = text.split_once(',').unwrap_or((text, ""));
        Ok(Self([a.parse()?, b.parse()?]))
    }
}

impl fmt::Display for PersonPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{a},{b}")
    }
}

/// The pair in a request's query.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct PairQuery {
    /// One person of the pair.
    person_a: String,
    /// The other person of the pair.
    person_b: String,
}

/// Filter and page of the list of pairs; compare [`Pagination`].
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct RelationshipFilter {
    /// Number of pairs, 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the previous page.
    cursor: Option<String>,
    /// A family of at least one of the two people.
    family: Option<String>,
}

#[utoipa::path(
    get,
    path = "/v1/relationships",
    operation_id = "list_relationships",
    tag = "relationships",
    summary = "List kin",
    params(RelationshipFilter),
    responses((status = 200, description = "A page of pairs", body = RelationshipList), Problems),
)]
pub(in crate::api) async fn list(
    state: web::Data<State>,
    filter: web::Query<RelationshipFilter>,
) -> Result<HttpResponse, Problem> {
    let RelationshipFilter { limit, cursor, family } = filter.into_inner();
    let range = Pagination { limit, cursor }.range()?;
    let family: Option<FamilyId> =
        family.as_deref().map(str::parse).transpose().map_err(Problem::invalid)?;
    respond(move || {
        let scope = family.map(EntityId::Family);
        let view = state.gallery.view()?;
        let pairs = view.relationships(scope.as_ref(), &PageRequest::all())?;
        let (pairs, next) = range.select(pairs.into_iter(), |pair| PersonPair(pair.people()));
        Ok(RelationshipList::new(&pairs, next.map(|next| next.to_string())))
    })
    .await
}

/// Lists people as kin, or updates their relations; all of them or none.
#[utoipa::path(
    put,
    path = "/v1/relationships",
    operation_id = "put_relationships",
    tag = "relationships",
    summary = "List people as kin",
    request_body = ListedKin,
    responses((status = 200, description = "The listed pairs", body = RelationshipList), Problems),
)]
pub(in crate::api) async fn put(
    state: web::Data<State>,
    listed: web::Json<ListedKin>,
) -> Result<HttpResponse, Problem> {
    let pairs = listed.pairs().map_err(Problem::invalid)?;
    let event = AuditEvent::new("relate", pairs.iter().map(|pair| PersonPair(pair.people())));
    let response = respond(move || {
        state.gallery.add_relationships(&pairs)?;
        Ok(RelationshipList::new(&pairs, None))
    });
    Ok(event.attach_to(response.await?))
}

#[utoipa::path(
    delete,
    path = "/v1/relationships",
    operation_id = "delete_relationship",
    tag = "relationships",
    summary = "Delete a listed pair",
    params(PairQuery),
    responses(
        (status = 200, description = "The receipt of the deletion", body = Receipt),
        Problems,
    ),
)]
pub(in crate::api) async fn delete(
    state: web::Data<State>,
    pair: web::Query<PairQuery>,
) -> Result<HttpResponse, Problem> {
    let pair = PersonPair([person(&pair.person_a)?, person(&pair.person_b)?]);
    let event = AuditEvent::new("unrelate", [&pair]);
    let response = respond(move || {
        let deleted = state.gallery.delete_relationship(pair.0)?;
        Ok(Receipt::new(pair, deleted))
    });
    Ok(event.attach_to(response.await?))
}

fn person(text: &str) -> Result<PersonId, Problem> {
    text.parse().map_err(Problem::invalid)
}
