//! Request ids: in the response header, in the problem and in the log.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, ResponseError, web};
use uuid::Uuid;

use crate::api::metrics::RequestLabels;
use crate::api::problem::Problem;
use crate::api::request::{REQUEST_ID_HEADER, RequestId};
use crate::api::state::State;

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
    let result = match next.call(request).await {
        Ok(response) => Ok(with_id(response.map_into_boxed_body(), &id)),
        // The request no longer exists, so no response can be built from it. Actix renders the
        // error.
        Err(error) => Err(to_problem(&error).with_request_id(&id)),
    };
    let status = match &result {
        Ok(response) => response.status().as_u16(),
        Err(problem) => problem.status_code().as_u16(),
    };
    let elapsed = started.elapsed();
    let elapsed_ms = elapsed.as_millis() as u64;
    tracing::info!(request_id = id, %method, route, status, elapsed_ms, "request");
    let labels = RequestLabels { method: method.to_string(), route, status };
    state.metrics.record_request(&labels, elapsed.as_secs_f64());
    Ok(result?)
}

/// Adds the request's id to a response. An error becomes a problem.
fn with_id(mut response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    if let Some(error) = response.response().error() {
        let problem = to_problem(error).with_request_id(id).error_response();
        response = response.into_response(problem);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    response
}

/// Converts an error of this service or of actix to a problem.
fn to_problem(error: &actix_web::Error) -> Problem {
    match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => {
            let status = error.as_response_error().status_code();
            Problem::with_status(status, error.to_string())
        }
    }
}
