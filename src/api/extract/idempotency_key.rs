//! Idempotency key of a request: requests with one key have one effect.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::api::problem::Problem;

/// Name of the header.
const HEADER: &str = "idempotency-key";
/// Maximum length of a key, in bytes.
const MAX_BYTES: usize = 200;

/// The key. `None` if the request has none.
pub(in crate::api) struct IdempotencyKey(pub(in crate::api) Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request).map(Self))
    }
}

fn parse(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(key) = request.headers().get(HEADER) else { return Ok(None) };
    match key.to_str() {
        Ok(key) if (1..=MAX_BYTES).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid(format!("an Idempotency-Key has 1 to {MAX_BYTES} letters"))),
    }
}
