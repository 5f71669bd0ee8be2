//! Lists that are told a page after the other.

use std::str::FromStr;

use serde::Deserialize;

use super::problem::Problem;
use crate::error::ErrorKind;

/// Most entries of a page.
const MOST: usize = 1000;
/// Entries of a page where its length is not given.
const USUAL: usize = 100;

/// Which part of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// How many entries, 1 to 1000; 100 when it is not given.
    limit: Option<usize>,
    /// What the page before names as `next`.
    cursor: Option<String>,
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
    pub(super) fn window<K: FromStr>(
        self,
        no_key: impl FnOnce(K::Err) -> Problem,
    ) -> Result<Window<K>, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            let detail = format!("limit is {limit}; it goes from 1 to {MOST}");
            return Err(Problem::new(ErrorKind::InvalidInput, detail));
        }
        let after = self.cursor.map(|cursor| cursor.parse()).transpose().map_err(no_key)?;
        Ok(Window { limit, after })
    }
}

impl<K: Ord> Window<K> {
    /// The page's part of `entries`, which are sorted by `key`, and whether there are more.
    pub(super) fn of<T>(
        &self,
        entries: impl Iterator<Item = T>,
        key: impl Fn(&T) -> K,
    ) -> (Vec<T>, bool) {
        let is_later = |entry: &T| self.after.as_ref().is_none_or(|after| key(entry) > *after);
        let mut rest = entries.filter(is_later);
        let page = rest.by_ref().take(self.limit).collect();
        (page, rest.next().is_some())
    }
}
