//! Parts of a request: ids in the path, photos, probes, pages of a list.

pub(super) mod idempotency_key;
pub(super) mod job_id;
pub(super) mod pagination;
pub(super) mod paths;
pub(super) mod photo_form;
pub(super) mod probe;
pub(super) mod search_form;
pub(super) mod upload;
