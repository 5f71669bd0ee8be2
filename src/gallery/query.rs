//! Nearest-neighbor queries.

use super::filter::Filter;

/// Parameters of a nearest-neighbor query.
#[derive(Clone, Debug)]
pub struct NearestQuery {
    /// Number of requested neighbors.
    pub count: usize,
    /// Search width in a graph, at least `count` (the ef of Malkov and Yashunin 2016).
    ///
    /// A larger width finds more neighbors, and takes longer. By default it follows from `count`.
    pub ef: Option<usize>,
    /// Compares every photo, without the search graphs.
    pub exact: bool,
    /// The photos to consider.
    pub filter: Filter,
}

impl NearestQuery {
    /// Requests the `count` nearest of all photos.
    pub fn new(count: usize) -> Self {
        Self { count, ef: None, exact: false, filter: Filter::default() }
    }
}

/// Search method of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The probe was compared with every photo that passes the filter.
    Exact,
    /// A search graph was used. It may rarely miss a neighbor.
    Graph,
}

/// A page of a list in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// The last key of the previous page. `None` requests the first page.
    pub after: Option<K>,
    /// Maximum number of entries.
    pub limit: usize,
}

impl<K: Ord> PageRequest<K> {
    /// Requests all entries.
    pub fn all() -> Self {
        Self { after: None, limit: usize::MAX }
    }

    /// Returns whether a key comes after the previous page.
    pub fn is_later(&self, key: &K) -> bool {
        self.after.as_ref().is_none_or(|after| key > after)
    }
}
