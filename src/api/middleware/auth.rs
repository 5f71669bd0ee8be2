//! Authentication by API key, and authorization by scope.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};

use crate::api::problem::Problem;
use crate::api::request::Caller;
use crate::api::route_table::{Access, RouteTable};
use crate::api::state::State;

/// Header with the API key.
const KEY_HEADER: &str = "x-api-key";

/// Middleware that determines the caller, or refuses the request.
pub(in crate::api) async fn authenticate(
    state: web::Data<State>,
    routes: web::Data<RouteTable>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match caller(&state, access(&routes, &request), request.headers()) {
        Ok(caller) => drop(request.extensions_mut().insert(caller)),
        Err(problem) => return Ok(request.error_response(problem)),
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Middleware that refuses a key without the scope of the endpoint.
pub(in crate::api) async fn authorize(
    routes: web::Data<RouteTable>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Err(problem) = check_scope(access(&routes, &request), &request) {
        return Ok(request.error_response(problem));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn access(routes: &RouteTable, request: &ServiceRequest) -> Access {
    routes.access(request.method(), &request.match_pattern().unwrap_or_default())
}

fn caller(state: &State, access: Access, headers: &HeaderMap) -> Result<Caller, Problem> {
    if !state.keys.is_locked()? {
        return Ok(Caller::Local);
    }
    if access == Access::Open {
        return Ok(Caller::Anonymous);
    }
    let secret = secret(headers)
        .ok_or_else(|| unauthorized("this needs an API key; send it as the header X-Api-Key"))?;
    let key = state.keys.find(secret)?;
    key.map(Caller::Holder).ok_or_else(|| unauthorized("this API key is not known, or was revoked"))
}

fn secret(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get(KEY_HEADER).and_then(|value| value.to_str().ok());
    key.or_else(|| headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer "))
}

fn unauthorized(detail: &str) -> Problem {
    Problem::with_status(StatusCode::UNAUTHORIZED, detail)
}

fn check_scope(access: Access, request: &ServiceRequest) -> Result<(), Problem> {
    let Access::Scope(scope) = access else { return Ok(()) };
    let extensions = request.extensions();
    let key = extensions.get::<Caller>().and_then(Caller::key);
    if key.is_none_or(|key| key.scopes.contains(&scope)) {
        return Ok(());
    }
    let detail = format!("this API key is not for this; it takes the scope '{}'", scope.name());
    Err(Problem::with_status(StatusCode::FORBIDDEN, detail))
}
