//! Photos in memory that are searched together: a sealed segment, or the tail.

use std::cmp::Ordering;
use std::sync::Arc;

use super::dot::dot;
use super::hnsw::build::link_unreachable;
use super::hnsw::links;
use super::hnsw::search::walk;
use super::quantized::{QuantizedProbe, QuantizedVectors};
use super::row_set::RowSet;
use super::scored::{ScoredNode, best};
use super::store::{GraphLayer, Stamp};
use super::vector_file::{MappedVectors, VectorFile};
use super::vectors::Vectors;
use crate::domain::{ContentHash, EntityId, FamilyId, PersonId, PhotoId};
use crate::gallery::filter::{Filter, Selection};
use crate::gallery::photo::StoredPhoto;
use crate::gallery::query::Method;

/// Up to this count, photos are compared one by one. That takes under a millisecond at 512
/// dimensions.
pub(in crate::gallery) const EXACT_UP_TO: usize = 4096;
/// Minimum selectivity of a graph search, as one in this many photos.
///
/// Photos are compared one by one if a smaller share passes the filter.
const SELECTIVE: usize = 8;
/// Minimum extra results that are compared by their vectors.
const RESCORED: usize = 16;

/// Photos and their embeddings per backbone. The first backbone is the retrieval space. Immutable.
pub(in crate::gallery) struct Segment {
    pub(in crate::gallery) photos: Vec<Arc<StoredPhoto>>,
    pub(in crate::gallery) vectors: Vec<Vectors>,
    /// Rows in the order of the photos' identities, and of their files.
    by_id: Vec<u32>,
    by_file: Vec<u32>,
    /// The search graph of a sealed segment. Its nodes are the rows.
    graph: Option<Graph>,
}

/// A search graph, ready for searches.
pub(in crate::gallery) struct Graph {
    pub(in crate::gallery) stamp: Stamp,
    /// The vector files of its nodes, one per backbone.
    pub(in crate::gallery) files: Vec<VectorFile>,
    pub(in crate::gallery) layers: Vec<GraphLayer>,
    /// Number of stored nodes that were left out, because their photos were deleted.
    pub(in crate::gallery) deleted: usize,
    quantized: QuantizedVectors,
}

/// The rows of a segment that a search considers.
pub(in crate::gallery) enum RowFilter {
    All,
    /// Only these few.
    Rows(Vec<u32>),
    /// All except these.
    Without(RowSet),
}

/// A probe with the parameters for searching a segment.
pub(in crate::gallery) struct SegmentQuery<'a> {
    pub(in crate::gallery) probe: &'a [f32],
    pub(in crate::gallery) quantized: &'a QuantizedProbe,
    pub(in crate::gallery) count: usize,
    pub(in crate::gallery) ef: usize,
    pub(in crate::gallery) exact: bool,
}

impl Graph {
    /// Builds a graph over retrieval-space vectors. Rows that these leave out are deleted nodes.
    pub(in crate::gallery) fn new(
        stamp: Stamp,
        files: Vec<VectorFile>,
        layers: Vec<GraphLayer>,
        vectors: &MappedVectors,
    ) -> Self {
        let deleted = vectors.deleted_count();
        let rows = (0..vectors.rows()).map(|row| vectors.row(row));
        let quantized = QuantizedVectors::new(rows, vectors.width());
        let mut graph = Self { stamp, files, layers, deleted, quantized };
        if deleted > 0 {
            link_unreachable(&mut graph.layers, &graph.quantized);
        }
        graph
    }

    /// Number of unreachable nodes.
    pub(in crate::gallery) fn unreachable(&self) -> usize {
        let base = &self.layers[0];
        base.nodes() as usize - links::reachable(base).count()
    }
}

impl Segment {
    pub(in crate::gallery) fn new(
        photos: Vec<Arc<StoredPhoto>>,
        vectors: Vec<Vectors>,
        graph: Option<Graph>,
    ) -> Self {
        let rows = 0..photos.len() as u32;
        let mut by_id: Vec<u32> = rows.clone().collect();
        by_id.sort_unstable_by_key(|&row| &photos[row as usize].id);
        let mut by_file: Vec<u32> = rows.collect();
        by_file.sort_unstable_by_key(|&row| photos[row as usize].content_hash.0);
        Self { photos, vectors, by_id, by_file, graph }
    }

    pub(in crate::gallery) fn rows(&self) -> u32 {
        self.photos.len() as u32
    }

    pub(in crate::gallery) fn graph(&self) -> Option<&Graph> {
        self.graph.as_ref()
    }

    pub(in crate::gallery) fn photo(&self, row: u32) -> &Arc<StoredPhoto> {
        &self.photos[row as usize]
    }

    /// Returns the row of a photo, if it is here.
    pub(in crate::gallery) fn row_of(&self, id: &PhotoId) -> Option<u32> {
        self.rows_of_photo(id).first().copied()
    }

    /// The rows of the photos of a family or a person, or of one photo.
    pub(in crate::gallery) fn rows_of(&self, entity: &EntityId) -> &[u32] {
        match entity {
            EntityId::Family(family) => self.rows_of_family(*family),
            EntityId::Person(person) => self.rows_of_person(*person),
            EntityId::Photo(photo) => self.rows_of_photo(photo),
        }
    }

    fn rows_of_family(&self, family: FamilyId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.member().family().cmp(&family))
    }

    fn rows_of_person(&self, person: PersonId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.member().cmp(&person))
    }

    fn rows_of_photo(&self, id: &PhotoId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.cmp(id))
    }

    /// The rows of the photos added from these files.
    pub(in crate::gallery) fn rows_of_files<'a>(
        &'a self,
        files: &'a [ContentHash],
    ) -> impl Iterator<Item = u32> + 'a {
        files.iter().flat_map(|file| self.rows_of_file(*file)).copied()
    }

    fn rows_of_file(&self, file: ContentHash) -> &[u32] {
        self.range(&self.by_file, |photo| photo.content_hash.0.cmp(&file.0))
    }

    /// Returns the rows of `sorted` that `compare` finds equal. They are sorted by that order.
    fn range<'a>(
        &'a self,
        sorted: &'a [u32],
        compare: impl Fn(&StoredPhoto) -> Ordering,
    ) -> &'a [u32] {
        let from = sorted.partition_point(|&row| compare(self.photo(row)).is_lt());
        let rest = &sorted[from..];
        &rest[..rest.partition_point(|&row| compare(self.photo(row)).is_eq())]
    }

    /// Calls `each` with every selected row. A row may come more than once.
    fn select(&self, selection: &Selection, mut each: impl FnMut(u32)) {
        let Selection { families, people, photos, files } = selection;
        for &family in families {
            self.rows_of_family(family).iter().copied().for_each(&mut each);
        }
        people.iter().flat_map(|&person| self.rows_of_person(person)).copied().for_each(&mut each);
        photos.iter().filter_map(|id| self.row_of(id)).for_each(&mut each);
        self.rows_of_files(files).for_each(each);
    }

    /// Returns the rows that pass the filter. Rows in `deleted` never pass.
    pub(in crate::gallery) fn row_filter(&self, filter: &Filter, deleted: &RowSet) -> RowFilter {
        let mut excluded = deleted.clone();
        self.select(&filter.without, |row| {
            excluded.insert(row);
        });
        let Some(only) = &filter.only else {
            return match excluded.count() {
                0 => RowFilter::All,
                _ => RowFilter::Without(excluded),
            };
        };
        let mut included = RowSet::new(self.photos.len());
        self.select(only, |row| {
            if !excluded.contains(row) {
                included.insert(row);
            }
        });
        let count = included.count();
        let rows = 0..self.rows();
        if count <= EXACT_UP_TO || count * SELECTIVE < self.photos.len() {
            return RowFilter::Rows(rows.filter(|row| included.contains(*row)).collect());
        }
        let mut excluded = RowSet::new(self.photos.len());
        for row in rows.filter(|row| !included.contains(*row)) {
            excluded.insert(row);
        }
        RowFilter::Without(excluded)
    }

    /// Returns the nearest rows that pass the filter, best first, and the search method.
    pub(in crate::gallery) fn nearest(
        &self,
        query: &SegmentQuery<'_>,
        filter: &RowFilter,
    ) -> (Vec<ScoredNode>, Method) {
        let all = 0..self.rows();
        let found = match (&self.graph, filter) {
            (_, RowFilter::Rows(rows)) => {
                return (self.scan(query, rows.iter().copied()), Method::Exact);
            }
            (Some(graph), _) if !query.exact => self.walk(graph, query, filter),
            _ => None,
        };
        match (found, filter) {
            (Some(found), _) => (found, Method::Graph),
            (None, RowFilter::Without(excluded)) => {
                (self.scan(query, all.filter(|&row| !excluded.contains(row))), Method::Exact)
            }
            (None, _) => (self.scan(query, all), Method::Exact),
        }
    }

    /// Compares rows one by one. Returns the nearest, best first.
    fn scan(&self, query: &SegmentQuery<'_>, rows: impl Iterator<Item = u32>) -> Vec<ScoredNode> {
        best(rows.map(|row| self.scored(query.probe, row)).collect(), query.count)
    }

    /// Searches the graph. Returns `None` if it finds too few rows that pass the filter.
    fn walk(
        &self,
        graph: &Graph,
        query: &SegmentQuery<'_>,
        filter: &RowFilter,
    ) -> Option<Vec<ScoredNode>> {
        let rows = self.photos.len();
        let excluded = match filter {
            RowFilter::Without(excluded) => Some(excluded),
            _ => None,
        };
        let admitted = rows - excluded.map_or(0, RowSet::count);
        if admitted * SELECTIVE < rows {
            return None;
        }
        // The search width covers rows that pass the filter and the others between them.
        let ef = (query.ef * rows).div_ceil(admitted.max(1));
        let mut found = walk(&graph.layers, &graph.quantized, query.quantized, ef.min(rows));
        found.retain(|scored| excluded.is_none_or(|rows| !rows.contains(scored.node)));
        if found.len() < query.count.min(admitted) {
            return None;
        }
        // Bytes suffice to find neighbors, but not to rank two close ones.
        found.truncate(query.count + query.count.max(RESCORED));
        let scored = found.into_iter().map(|found| self.scored(query.probe, found.node));
        Some(best(scored.collect(), query.count))
    }

    pub(in crate::gallery) fn scored(&self, probe: &[f32], row: u32) -> ScoredNode {
        ScoredNode { cosine: dot(probe, &self.vectors[0].row(row)), node: row }
    }
}
