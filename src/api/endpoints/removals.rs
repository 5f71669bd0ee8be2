//! `POST /v1/removals`: deletes photos, people and families, with a result for each.

use actix_web::{HttpResponse, web};

use crate::api::audit_log::AuditEvent;
use crate::api::blocking::{blocking, respond};
use crate::api::problem::{Problem, Problems};
use crate::api::state::State;
use crate::domain::EntityId;
use crate::error::ErrorKind;
use crate::wire::{Receipt, Removal, Removals, RemovalsResponse};

/// Maximum number of ids in one request.
const MAX_IDS: usize = 1000;

/// Deletes items. A failed deletion does not affect the others.
#[utoipa::path(
    post,
    path = "/v1/removals",
    operation_id = "remove_many",
    tag = "removals",
    summary = "Delete many at once",
    request_body = Removals,
    responses((status = 200, description = "One result per id", body = RemovalsResponse), Problems),
)]
pub(in crate::api) async fn post(
    state: web::Data<State>,
    request: web::Json<Removals>,
) -> Result<HttpResponse, Problem> {
    let names = request.into_inner().ids;
    if !(1..=MAX_IDS).contains(&names.len()) {
        let detail = format!("{} ids in a request; give 1 to {MAX_IDS}", names.len());
        return Err(Problem::new(ErrorKind::InvalidInput, detail));
    }
    let (deleted, response) = blocking(move || {
        let mut deleted = Vec::new();
        let mut results = Vec::with_capacity(names.len());
        for name in names {
            results.push(match delete_named(&state, &name) {
                Ok(receipt) => {
                    deleted.push(name.clone());
                    Removal::done(name, receipt)
                }
                Err(problem) => {
                    Removal::failed(name, problem.code().to_owned(), problem.to_string())
                }
            });
        }
        (deleted, RemovalsResponse { results })
    })
    .await?;
    Ok(AuditEvent::new("remove", deleted).attach_to(HttpResponse::Ok().json(response)))
}

/// Responds with the receipt of one deletion.
pub(in crate::api) async fn delete_entity(
    state: web::Data<State>,
    entity: EntityId,
) -> Result<HttpResponse, Problem> {
    let event = AuditEvent::new("remove", [&entity]);
    Ok(event.attach_to(respond(move || delete(&state, &entity)).await?))
}

fn delete_named(state: &State, name: &str) -> Result<Receipt, Problem> {
    delete(state, &name.parse().map_err(Problem::invalid)?)
}

fn delete(state: &State, entity: &EntityId) -> Result<Receipt, Problem> {
    Ok(Receipt::new(entity, state.gallery.delete(entity)?))
}
