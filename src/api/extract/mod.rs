//! Parts of a request: photos, probes, pages of a list.

pub(super) mod pagination;
pub(super) mod probe;
pub(super) mod search_form;
pub(super) mod upload;
