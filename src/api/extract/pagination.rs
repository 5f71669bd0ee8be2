//! Pagination of lists.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::problem::Problem;

/// Maximum number of entries on a page.
const MAX_LIMIT: usize = 1000;
/// Default number of entries on a page.
const DEFAULT_LIMIT: usize = 100;

/// Page of a list, as requested.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Pagination {
    /// Number of entries, 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(in crate::api) limit: Option<usize>,
    /// `next` of the previous page.
    pub(in crate::api) cursor: Option<String>,
}

/// A page of a list sorted by key, resumed after a key.
pub(in crate::api) struct PageRange<K> {
    limit: usize,
    after: Option<K>,
}

impl Pagination {
    /// Parses the requested page.
    ///
    /// # Errors
    /// - The length is out of its range.
    /// - The cursor is not a valid key.
    pub(in crate::api) fn range<K: FromStr<Err: Display>>(self) -> Result<PageRange<K>, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        let limit = Problem::check_range("limit", limit, 1..=MAX_LIMIT)?;
        let after = self.cursor.map(|cursor| cursor.parse()).transpose();
        let after = after.map_err(Problem::invalid)?;
        Ok(PageRange { limit, after })
    }
}

impl<K: Ord> PageRange<K> {
    /// Returns the page of `entries`, sorted by `key`.
    ///
    /// Also returns the key of the page's last entry if more entries follow.
    pub(in crate::api) fn select<T>(
        &self,
        entries: impl Iterator<Item = T>,
        key: impl Fn(&T) -> K,
    ) -> (Vec<T>, Option<K>) {
        let mut rest =
            entries.filter(|entry| self.after.as_ref().is_none_or(|after| key(entry) > *after));
        let page: Vec<T> = rest.by_ref().take(self.limit).collect();
        let next = rest.next().and(page.last()).map(&key);
        (page, next)
    }
}
