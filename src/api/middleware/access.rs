//! Access control: API key and scope, request rate, and maximum duration of a request.

use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::{HttpMessage, HttpResponse, web};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::origin;
use crate::api::keys::Scope;
use crate::api::problem::Problem;
use crate::api::server::State;
use crate::error::ErrorKind;

/// Caller of an admitted request, in the request's extensions.
#[derive(Clone)]
pub(in crate::api) struct Caller {
    /// Id of the key. `None` if no key is needed.
    pub(in crate::api) key: Option<String>,
}

/// Rate limit of each key.
pub(in crate::api) struct Rate(Option<DefaultKeyedRateLimiter<String>>);

impl Rate {
    /// Allows `per_second` requests a second, and as many at once. `None` sets no limit.
    pub(in crate::api) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self(per_second.map(|number| RateLimiter::keyed(Quota::per_second(number))))
    }

    fn check(&self, key: &str) -> Result<(), Problem> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(&key.to_owned()).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            let detail = "this key sends more requests than it may; wait, or have its rate raised";
            let problem = Problem::with_status(StatusCode::TOO_MANY_REQUESTS, detail);
            problem.retry_after(wait.as_secs() + 1)
        })
    }
}

/// Middleware that admits a request, or refuses it with a problem.
pub(in crate::api) async fn check(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let caller = match admit(&state, &request) {
        Ok(caller) => caller,
        Err(problem) => return Ok(refused(request, problem)),
    };
    request.extensions_mut().insert(caller);
    if request.match_pattern().is_some_and(|pattern| pattern == "/v1/jobs") {
        // An archive may take long on a slow connection, so no timeout applies.
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // A timeout drops the handler and every future that waits for it.
    let response = timeout(state.request_time, next.call(request)).await;
    Ok(response.map_err(|_| too_long(state.request_time))??.map_into_boxed_body())
}

fn admit(state: &State, request: &ServiceRequest) -> Result<Caller, Problem> {
    let pattern = request.match_pattern().unwrap_or_default();
    let scope = needed(request.method(), &pattern);
    if !state.keys.is_locked()? {
        origin::check(request)?;
        state.rate.check("")?;
        return Ok(Caller { key: None });
    }
    let Some(scope) = scope else { return Ok(Caller { key: None }) };
    let secret = secret(request)
        .ok_or_else(|| unauthorized("this needs an API key; send it as the header X-Api-Key"))?;
    let key = state.keys.find(secret)?;
    let key = key.ok_or_else(|| unauthorized("this API key is not known, or was revoked"))?;
    state.rate.check(&key.id)?;
    if !key.scopes.contains(&scope) {
        let detail = format!("this API key is not for this; it takes the scope '{}'", scope.name());
        return Err(Problem::with_status(StatusCode::FORBIDDEN, detail));
    }
    Ok(Caller { key: Some(key.id) })
}

/// Returns the scope that a request needs. `None` if every caller may send it.
fn needed(method: &Method, pattern: &str) -> Option<Scope> {
    match (method.as_str(), pattern) {
        ("GET", "/" | "/assets/{name}" | "/healthz" | "/readyz" | "/docs" | "/openapi.json") => {
            None
        }
        ("GET", "/metrics") | ("DELETE", _) | ("POST", "/v1/removals") => Some(Scope::Admin),
        ("PUT", _)
        | ("POST", "/v1/people/{family}/{member}/photos" | "/v1/jobs" | "/v1/jobs/{id}/cancel") => {
            Some(Scope::Write)
        }
        _ => Some(Scope::Search),
    }
}

fn secret(request: &ServiceRequest) -> Option<&str> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = || header(AUTHORIZATION.as_str())?.strip_prefix("Bearer ");
    header("x-api-key").or_else(bearer)
}

fn unauthorized(detail: &str) -> Problem {
    Problem::with_status(StatusCode::UNAUTHORIZED, detail)
}

fn too_long(limit: Duration) -> Problem {
    let detail = format!("the request took more than {} s; request less at once", limit.as_secs());
    Problem::new(ErrorKind::Overloaded, detail).coded("timeout")
}

/// Returns the response to a refused request.
fn refused(request: ServiceRequest, problem: Problem) -> ServiceResponse<BoxBody> {
    let (request, _) = request.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(problem))
}
