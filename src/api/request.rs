//! Id and caller of a request, in the request's extensions.

use actix_web::http::header::HeaderName;

use super::keys::Key;

/// Response header with the id of the request.
pub(super) const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Id of a request.
pub(super) struct RequestId(pub(super) String);

/// Caller of a request.
#[derive(Clone)]
pub(super) enum Caller {
    /// A program or page of this machine. The service has no API keys.
    Local,
    /// A caller without a key, at an address that needs none.
    Anonymous,
    /// The holder of a key.
    Holder(Key),
}

impl Caller {
    /// Returns the caller's key.
    pub(super) fn key(&self) -> Option<&Key> {
        match self {
            Self::Local | Self::Anonymous => None,
            Self::Holder(key) => Some(key),
        }
    }
}
