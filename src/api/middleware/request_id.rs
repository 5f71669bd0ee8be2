//! Request ids: in the response header, in the problem and in the log.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, ResponseError, web};
use uuid::Uuid;

use crate::api::metrics::Request;
use crate::api::problem::Problem;
use crate::api::server::State;

pub(in crate::api) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Id of a request, stored in the request's extensions.
pub(in crate::api) struct RequestId(pub(in crate::api) String);

/// Middleware that assigns ids, renders errors as problems and logs each request in one line.
pub(in crate::api) async fn attach(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let id = Uuid::new_v4().to_string();
    let started = Instant::now();
    // The log has the route's pattern instead of the path, as a path may name a person.
    let method = request.method().clone();
    let route = request.match_pattern().unwrap_or_else(|| "-".into());
    request.extensions_mut().insert(RequestId(id.clone()));
    let answer = next.call(request).await;
    let (status, answer) = match answer {
        Ok(response) => {
            let response = named(response.map_into_boxed_body(), &id);
            (response.status(), Ok(response))
        }
        // The request no longer exists, so no response can be built from it. Actix renders the error.
        Err(error) => {
            let problem = problem_of(&error);
            (problem.status_code(), Err(problem.with_request_id(&id).into()))
        }
    };
    let status = status.as_u16();
    let elapsed = started.elapsed();
    let elapsed_ms = elapsed.as_millis() as u64;
    tracing::info!(request_id = id, %method, route, status, elapsed_ms, "request");
    let answered = Request { method: method.to_string(), route, status };
    state.metrics.answered(answered, elapsed.as_secs_f64());
    answer
}

/// Adds the request's id to a response. An error becomes a problem.
fn named(mut response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    if let Some(error) = response.response().error() {
        let problem = problem_of(error).with_request_id(id).error_response();
        response = response.into_response(problem);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// Returns the problem of an error, either our own or one of actix.
fn problem_of(error: &actix_web::Error) -> Problem {
    let ours = error.as_error::<Problem>().cloned();
    let status = || error.as_response_error().status_code();
    ours.unwrap_or_else(|| Problem::with_status(status(), error.to_string()))
}
