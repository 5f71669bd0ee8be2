//! Protection from cross-origin requests, for a service that needs no key.
//!
//! A browser sends a form to any address that a page names. A domain name of another owner may
//! resolve to this machine. So a request with an `Origin` header must come from a page of this
//! service, and every request must have a host name of this machine.

use std::net::IpAddr;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use actix_web::middleware::Next;

use crate::api::problem::Problem;
use crate::api::request::Caller;

/// Middleware that refuses cross-origin requests, if the service has no keys.
pub(in crate::api) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_keyless = matches!(request.extensions().get::<Caller>(), Some(Caller::Local));
    if is_keyless && !is_same_origin(request.headers()) {
        let detail = "a page of another site sent this request; open the service's own address";
        return Ok(request.error_response(Problem::with_status(StatusCode::FORBIDDEN, detail)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Returns whether a request comes from this service's pages, or from a program of this machine.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let host = text(headers, HOST).unwrap_or_default();
    let origin = text(headers, ORIGIN).map(|origin| origin.split_once("://"));
    let is_own_page = origin.is_none_or(|origin| origin.is_some_and(|(_, name)| name == host));
    is_own_page && is_this_machine(host)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns whether a host, with or without port, is a name of this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:80"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "example.com", "localhost.example.com:80", "10.0.0.1", "[::2]:80"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
