//! Photos in memory that are searched together: a sealed segment, or the tail.

use super::bits::Bits;
use super::dot::dot;
use super::hnsw::build::link_unreachable;
use super::hnsw::links;
use super::hnsw::search::walk;
use super::matrix::Vectors;
use super::quantized::{Codes, Probe};
use super::scored::{Scored, best};
use super::store::{GraphLayer, Stamp};
use super::vector_file::{Mapped, VectorFile};
use crate::domain::{ContentHash, FamilyId, PersonId, PhotoId};
use crate::gallery::filter::Selection;
use crate::gallery::neighbor::{Method, StoredPhoto};

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
pub(in crate::gallery) struct Part {
    pub(in crate::gallery) photos: Vec<StoredPhoto>,
    pub(in crate::gallery) ordinals: Vec<u64>,
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
    pub(in crate::gallery) removed: usize,
    codes: Codes,
}

/// The rows of a part that a search considers.
pub(in crate::gallery) enum Counting {
    All,
    /// Only these few.
    Rows(Vec<u32>),
    /// All except these.
    Without(Bits),
}

/// A probe with the parameters for searching a part.
pub(in crate::gallery) struct Wanted<'a> {
    pub(in crate::gallery) probe: &'a [f32],
    pub(in crate::gallery) code: &'a Probe,
    pub(in crate::gallery) count: usize,
    pub(in crate::gallery) ef: usize,
    pub(in crate::gallery) exact: bool,
}

impl Graph {
    /// Builds a graph over retrieval-space vectors. Rows that these leave out are removed nodes.
    pub(in crate::gallery) fn new(
        stamp: Stamp,
        files: Vec<VectorFile>,
        layers: Vec<GraphLayer>,
        vectors: &Mapped,
    ) -> Self {
        let removed = vectors.removed();
        let rows = (0..vectors.rows()).map(|row| vectors.row(row));
        let mut graph =
            Self { stamp, files, layers, removed, codes: Codes::of(rows, vectors.width()) };
        if removed > 0 {
            link_unreachable(&mut graph.layers, &graph.codes);
        }
        graph
    }

    /// Number of unreachable nodes.
    pub(in crate::gallery) fn unreachable(&self) -> usize {
        let base = &self.layers[0];
        base.nodes() as usize - links::reachable(base).count()
    }
}

impl Part {
    pub(in crate::gallery) fn new(
        photos: Vec<StoredPhoto>,
        ordinals: Vec<u64>,
        vectors: Vec<Vectors>,
        graph: Option<Graph>,
    ) -> Self {
        let rows = 0..photos.len() as u32;
        let mut by_id: Vec<u32> = rows.clone().collect();
        by_id.sort_unstable_by_key(|&row| &photos[row as usize].id);
        let mut by_file: Vec<u32> = rows.collect();
        by_file.sort_unstable_by_key(|&row| photos[row as usize].content_hash.0);
        Self { photos, ordinals, vectors, by_id, by_file, graph }
    }

    pub(in crate::gallery) fn rows(&self) -> u32 {
        self.photos.len() as u32
    }

    pub(in crate::gallery) fn graph(&self) -> Option<&Graph> {
        self.graph.as_ref()
    }

    pub(in crate::gallery) fn photo(&self, row: u32) -> &StoredPhoto {
        &self.photos[row as usize]
    }

    /// Returns the row of a photo, if it is here.
    pub(in crate::gallery) fn row_of(&self, id: &PhotoId) -> Option<u32> {
        let at = self.by_id.partition_point(|&row| self.photo(row).id < *id);
        self.by_id.get(at).copied().filter(|&row| self.photo(row).id == *id)
    }

    /// The rows of a person's photos.
    pub(in crate::gallery) fn rows_of(&self, person: PersonId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.member(), person)
    }

    /// The rows of a family's photos.
    pub(in crate::gallery) fn rows_of_family(&self, family: FamilyId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.member().family(), family)
    }

    /// The rows of the photos added from these files.
    pub(in crate::gallery) fn rows_of_files<'a>(
        &'a self,
        files: &'a [ContentHash],
    ) -> impl Iterator<Item = u32> + 'a {
        let of_file =
            |file: &ContentHash| self.range(&self.by_file, |photo| photo.content_hash.0, file.0);
        files.iter().flat_map(of_file).copied()
    }

    /// Returns the rows of `sorted` with the value `wanted`. They are sorted by that value.
    fn range<'a, T: Ord>(
        &'a self,
        sorted: &'a [u32],
        value: impl Fn(&StoredPhoto) -> T,
        wanted: T,
    ) -> &'a [u32] {
        let from = sorted.partition_point(|&row| value(self.photo(row)) < wanted);
        let rest = &sorted[from..];
        &rest[..rest.partition_point(|&row| value(self.photo(row)) == wanted)]
    }

    /// Calls `each` with every selected row. A row may come more than once.
    fn select(&self, selection: &Selection, mut each: impl FnMut(u32)) {
        let Selection { families, people, photos, files } = selection;
        for &family in families {
            self.rows_of_family(family).iter().copied().for_each(&mut each);
        }
        people.iter().flat_map(|&person| self.rows_of(person)).copied().for_each(&mut each);
        photos.iter().filter_map(|id| self.row_of(id)).for_each(&mut each);
        self.rows_of_files(files).for_each(each);
    }

    /// Returns the rows that pass the filter. Rows in `dead` never pass.
    pub(in crate::gallery) fn counting(
        &self,
        only: Option<&Selection>,
        without: &Selection,
        dead: &Bits,
    ) -> Counting {
        let mut out = dead.clone();
        self.select(without, |row| {
            out.insert(row);
        });
        let Some(only) = only else {
            return if out.count() == 0 { Counting::All } else { Counting::Without(out) };
        };
        let mut wanted = Bits::none(self.photos.len());
        self.select(only, |row| {
            if !out.contains(row) {
                wanted.insert(row);
            }
        });
        let few = wanted.count() <= EXACT_UP_TO || wanted.count() * SELECTIVE < self.photos.len();
        let rows = 0..self.rows();
        let is_wanted = |row: &u32| wanted.contains(*row);
        if few {
            return Counting::Rows(rows.filter(is_wanted).collect());
        }
        let mut out = Bits::none(self.photos.len());
        rows.filter(|row| !is_wanted(row)).for_each(|row| {
            out.insert(row);
        });
        Counting::Without(out)
    }

    /// Returns the nearest rows that pass the filter, best first, and how they were found.
    pub(in crate::gallery) fn nearest(
        &self,
        wanted: &Wanted<'_>,
        counting: &Counting,
    ) -> (Vec<Scored>, Method) {
        let all = 0..self.rows();
        let found = match (&self.graph, counting) {
            (_, Counting::Rows(rows)) => return self.scan(wanted, rows.iter().copied()),
            (Some(graph), _) if !wanted.exact => self.walk(graph, wanted, counting),
            _ => None,
        };
        match (found, counting) {
            (Some(found), _) => (found, Method::Graph),
            (None, Counting::Without(out)) => {
                self.scan(wanted, all.filter(|&row| !out.contains(row)))
            }
            (None, _) => self.scan(wanted, all),
        }
    }

    fn scan(&self, wanted: &Wanted<'_>, rows: impl Iterator<Item = u32>) -> (Vec<Scored>, Method) {
        (
            best(rows.map(|row| self.scored(wanted.probe, row)).collect(), wanted.count),
            Method::Exact,
        )
    }

    /// Searches the graph. Returns `None` if it finds too few rows that pass the filter.
    fn walk(&self, graph: &Graph, wanted: &Wanted<'_>, counting: &Counting) -> Option<Vec<Scored>> {
        let rows = self.photos.len();
        let out = match counting {
            Counting::Without(out) => Some(out),
            _ => None,
        };
        let counting = rows - out.map_or(0, Bits::count);
        if counting * SELECTIVE < rows {
            return None;
        }
        // The search width covers rows that pass the filter and the others between them.
        let ef = (wanted.ef * rows).div_ceil(counting.max(1));
        let mut found = walk(&graph.layers, &graph.codes, wanted.code, ef.min(rows));
        found.retain(|scored| out.is_none_or(|out| !out.contains(scored.node)));
        if found.len() < wanted.count.min(counting) {
            return None;
        }
        // Bytes suffice to find neighbors, but not to rank two close ones.
        found.truncate(wanted.count + wanted.count.max(RESCORED));
        let scored = found.into_iter().map(|found| self.scored(wanted.probe, found.node));
        Some(best(scored.collect(), wanted.count))
    }

    pub(in crate::gallery) fn scored(&self, probe: &[f32], row: u32) -> Scored {
        Scored { cosine: dot(probe, &self.vectors[0].row(row)), node: row }
    }
}
