//! Rate limit of each API key.

use std::num::NonZeroU32;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::api::problem::Problem;
use crate::api::request::Caller;

/// Rate limits by the id of the key. Callers without a key share the empty id.
pub(in crate::api) struct RateLimits(Option<DefaultKeyedRateLimiter<String>>);

impl RateLimits {
    /// Allows `per_second` requests a second, and as many at once. `None` sets no limit.
    pub(in crate::api) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self(per_second.map(|number| RateLimiter::keyed(Quota::per_second(number))))
    }

    fn check(&self, caller: Option<&Caller>) -> Result<(), Problem> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        let key_id = match caller {
            None | Some(Caller::Anonymous) => return Ok(()),
            Some(Caller::Local) => String::new(),
            Some(Caller::Holder(key)) => key.id.clone(),
        };
        limiter.check_key(&key_id).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            let detail = "this key sends more requests than it may; wait, or have its rate raised";
            let problem = Problem::with_status(StatusCode::TOO_MANY_REQUESTS, detail);
            problem.with_retry_after(wait.as_secs() + 1)
        })
    }
}

/// Middleware that refuses requests over the limit.
pub(in crate::api) async fn limit(
    limits: web::Data<RateLimits>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let checked = limits.check(request.extensions().get::<Caller>());
    if let Err(problem) = checked {
        return Ok(request.error_response(problem));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
