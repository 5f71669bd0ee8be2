//! Middleware, one per file.

pub(super) mod audit;
pub(super) mod auth;
pub(super) mod head;
pub(super) mod origin;
pub(super) mod rate_limit;
pub(super) mod request_id;
pub(super) mod timeout;
