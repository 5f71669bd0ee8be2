//! Search graphs: hierarchical navigable small worlds (Y. Malkov and D. Yashunin 2020).

pub(super) mod build;
pub(super) mod links;
pub(super) mod search;
