//! Pagination of lists.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::problem::Problem;

/// Maximum number of entries on a page.
const MOST: usize = 1000;
/// Default number of entries on a page.
const USUAL: usize = 100;

/// Page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Page {
    /// Number of entries, 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(in crate::api) limit: Option<usize>,
    /// `next` of the previous page.
    pub(in crate::api) cursor: Option<String>,
}

/// A page of a list sorted by key, resumed after a key.
pub(in crate::api) struct Window<K> {
    limit: usize,
    after: Option<K>,
}

impl Page {
    /// Parses the requested page.
    ///
    /// # Errors
    /// - The length is out of its range.
    /// - The cursor is not a valid key.
    pub(in crate::api) fn window<K: FromStr<Err: Display>>(self) -> Result<Window<K>, Problem> {
        let limit = Problem::check_range("limit", self.limit.unwrap_or(USUAL), 1..=MOST)?;
        let after = self.cursor.map(|cursor| cursor.parse()).transpose();
        let after = after.map_err(Problem::invalid)?;
        Ok(Window { limit, after })
    }
}

impl<K: Ord> Window<K> {
    /// Returns the page of `entries`, sorted by `key`.
    ///
    /// Also returns the key of the page's last entry if more entries follow.
    pub(in crate::api) fn of<T>(
        &self,
        entries: impl Iterator<Item = T>,
        key: impl Fn(&T) -> K,
    ) -> (Vec<T>, Option<K>) {
        let is_later = |entry: &T| self.after.as_ref().is_none_or(|after| key(entry) > *after);
        let mut rest = entries.filter(is_later);
        let page: Vec<T> = rest.by_ref().take(self.limit).collect();
        let next = rest.next().and(page.last()).map(&key);
        (page, next)
    }
}
