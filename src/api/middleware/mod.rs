//! Middleware: access, origin and request ids.

pub(super) mod access;
pub(super) mod origin;
pub(super) mod request_id;
