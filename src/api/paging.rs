//! Lists that are told a page after the other.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;

/// Most entries of a page.
const MOST: usize = 1000;
/// Entries of a page where its length is not given.
const USUAL: usize = 100;

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// How many entries, 1 to 1000; 100 when it is not given.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<usize>,
    /// What the page before names as `next`.
    pub(super) cursor: Option<String>,
}

/// A page of a list that is sorted by a key, from which it can be gone on with.
pub(super) struct Window<K> {
    limit: usize,
    after: Option<K>,
}

impl Page {
    /// Which entries the page has.
    ///
    /// # Errors
    /// When the length is out of its range, or the cursor is no key.
    pub(super) fn window<K: FromStr<Err: Display>>(self) -> Result<Window<K>, Problem> {
        let limit = Problem::check_range(("limit", self.limit.unwrap_or(USUAL)), 1..=MOST)?;
        let after = self.cursor.map(|cursor| cursor.parse()).transpose();
        let after = after.map_err(Problem::invalid)?;
        Ok(Window { limit, after })
    }
}

impl<K: Ord> Window<K> {
    /// The page's part of `entries`, which are sorted by `key`, and the key of its last one where there are more.
    pub(super) fn of<T>(
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
