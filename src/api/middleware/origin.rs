//! Protection from cross-origin requests, for a service that needs no key.
//!
//! A browser sends a form to any address that a page names. A domain name of another owner may resolve to this machine.
//! So a request with an `Origin` header must come from a page of this service. A request without a key must have a host
//! name of this machine.

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};

use crate::api::problem::Problem;

/// Refuses a cross-origin request.
pub(in crate::api) fn check(request: &ServiceRequest) -> Result<(), Problem> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|v| v.to_str().ok());
    let host = header(HOST).unwrap_or_default();
    let is_own = header(ORIGIN)
        .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, o)| o == host));
    if is_own && is_this_machine(host) {
        return Ok(());
    }
    let detail = "a page of another site sent this request; open the service's own address";
    Err(Problem::with_status(StatusCode::FORBIDDEN, detail))
}

/// Returns whether a host, with or without port, is a name of this machine.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_loopback)
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
