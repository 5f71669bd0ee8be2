//! `POST /v1/removals`: deletes photos, people and families, with a result for each.

use actix_web::{HttpResponse, web};

use crate::api::audit_log::AuditEvent;
use crate::api::extract::upload::{answer, blocking};
use crate::api::problem::{Problem, Problems};
use crate::api::server::State;
use crate::domain::EntityId;
use crate::error::ErrorKind;
use crate::wire::{Receipt, Removal, Removals, RemovalsResponse};

/// Maximum number of ids in one request.
const MOST: usize = 1000;

/// Deletes items. A failed deletion does not affect the others.
#[utoipa::path(
    post,
    path = "/v1/removals",
    operation_id = "remove_many",
    tag = "removals",
    summary = "Delete many at once",
    request_body = Removals,
    responses((status = 200, description = "What became of each", body = RemovalsResponse), Problems),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    asked: web::Json<Removals>,
) -> Result<HttpResponse, Problem> {
    let names = asked.into_inner().ids;
    if !(1..=MOST).contains(&names.len()) {
        let detail = format!("{} ids in a request; give 1 to {MOST}", names.len());
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let (removed, response) = blocking(move || {
        let mut removed = Vec::new();
        let results = names.into_iter().map(|name| match remove_named(&state, &name) {
            Ok(receipt) => {
                removed.push(name.clone());
                Removal::done(name, receipt)
            }
            Err(problem) => problem.of_item(name),
        });
        let response = RemovalsResponse { results: results.collect() };
        (removed, response)
    })
    .await?;
    Ok(AuditEvent::new("remove", removed).told_by(HttpResponse::Ok().json(response)))
}

/// Responds with the receipt of one deletion.
pub(in crate::api) async fn forget(
    state: web::Data<State>,
    who: EntityId,
) -> Result<HttpResponse, Problem> {
    let deed = AuditEvent::new("remove", [&who]);
    Ok(deed.told_by(answer(move || remove(&state, &who)).await?))
}

fn remove_named(state: &State, name: &str) -> Result<Receipt, Problem> {
    remove(state, &name.parse().map_err(Problem::invalid)?)
}

fn remove(state: &State, who: &EntityId) -> Result<Receipt, Problem> {
    Ok(Receipt::new(who, state.gallery.delete(who)?))
}
