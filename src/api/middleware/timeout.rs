//! Maximum duration of a request.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web;

use crate::api::problem::Problem;
use crate::api::route_table::RouteTable;
use crate::api::state::State;
use crate::error::ErrorKind;

/// Middleware that ends a request after the service's maximum duration.
pub(in crate::api) async fn limit(
    state: web::Data<State>,
    routes: web::Data<RouteTable>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = request.match_pattern().unwrap_or_default();
    if !routes.has_timeout(request.method(), &path) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let limit = state.config.request_time;
    // A timeout drops the handler and every future that waits for it.
    let response = timeout(limit, next.call(request)).await;
    Ok(response.map_err(|_| too_long(limit))??.map_into_boxed_body())
}

fn too_long(limit: Duration) -> Problem {
    let detail = format!("the request took more than {} s; request less at once", limit.as_secs());
    Problem::new(ErrorKind::Overloaded, detail).with_code("timeout")
}
