//! Type of the route table: path, method, access and body of every endpoint.

use actix_web::Route;
use actix_web::http::Method;

use super::keys::Scope;
use crate::photo::Limits;

/// An endpoint: one method of one path, with one kind of body.
pub(super) struct Endpoint {
    /// Path pattern, with `{name}` for a segment.
    pub(super) path: &'static str,
    pub(super) method: Method,
    pub(super) access: Access,
    pub(super) body: Body,
    /// Creates the handler.
    pub(super) handler: fn() -> Route,
}

/// Callers that an endpoint admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// All callers, also without a key.
    Open,
    /// Holders of a key with this scope, or all callers if the service has no keys.
    Scope(Scope),
}

/// Body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Empty,
    /// JSON without photos.
    Json,
    /// JSON that may contain photos in base64.
    PhotoJson,
    /// Form with photos.
    PhotoForm,
    /// Form with an archive of photos. It may take long on a slow connection.
    ArchiveForm,
}

/// All endpoints of the service.
#[derive(Clone, Copy)]
pub(super) struct RouteTable(pub(super) &'static [Endpoint]);

impl Body {
    /// Returns the maximum size of the body, in bytes.
    pub(super) fn max_bytes(self) -> usize {
        let photo_bytes = Limits::default().max_file_bytes as usize;
        match self {
            Self::Empty => 0,
            Self::Json => 2 << 20,
            Self::PhotoJson => photo_bytes * 3 / 2,
            // The form's other fields and its framing are small.
            Self::PhotoForm => photo_bytes + (64 << 10),
            Self::ArchiveForm => (8 << 30) + (64 << 10),
        }
    }
}

impl RouteTable {
    /// Returns the callers that may send a request.
    ///
    /// A request to no endpoint needs the scope `search`.
    pub(super) fn access(self, method: &Method, path: &str) -> Access {
        let mut endpoints = self.endpoints(method, path);
        endpoints.next().map_or(Access::Scope(Scope::Search), |endpoint| endpoint.access)
    }

    /// Returns whether a request must end in the service's maximum duration.
    pub(super) fn has_timeout(self, method: &Method, path: &str) -> bool {
        self.endpoints(method, path).all(|endpoint| endpoint.body != Body::ArchiveForm)
    }

    /// Returns the methods of a path in alphabetical order, without duplicates.
    pub(super) fn methods(self, path: &str) -> Vec<&'static str> {
        let endpoints = self.0.iter().filter(|endpoint| endpoint.path == path);
        let mut methods: Vec<&str> = endpoints.map(|endpoint| endpoint.method.as_str()).collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    fn endpoints(self, method: &Method, path: &str) -> impl Iterator<Item = &'static Endpoint> {
        self.0.iter().filter(move |endpoint| endpoint.path == path && endpoint.method == *method)
    }
}
