//! Photos in memory that are searched together: a sealed segment, or the tail.

use super::bits::Bits;
use super::build::link_unreachable;
use super::codes::{Codes, Probe};
use super::dot::dot;
use super::filter::Selection;
use super::links;
use super::mapped::{Mapped, VectorFile};
use super::matrix::Vectors;
use super::neighbour::{Method, StoredPhoto};
use super::scored::{Scored, best};
use super::walk::walk;
use crate::domain::{ContentHash, FamilyId, MemberId, PhotoId};
use crate::store::{GraphLayer, Stamp};

/// Up to so many photos are compared one by one, which takes less than a millisecond at 512 dimensions.
pub(super) const EXACT_UP_TO: usize = 4096;
/// Where fewer than one in so many photos of a graph count, they are compared one by one.
const SELECTIVE: usize = 8;
/// Rows beyond the wanted ones that are compared by their vectors, at least.
const RESCORED: usize = 16;

/// Photos, and per backbone their embeddings; the first is the retrieval space. Nothing in it ever changes.
pub(super) struct Part {
    pub(super) photos: Vec<StoredPhoto>,
    pub(super) ordinals: Vec<u64>,
    pub(super) vectors: Vec<Vectors>,
    /// Rows in the order of the photos' identities, and of their files.
    by_id: Vec<u32>,
    by_file: Vec<u32>,
    /// The search graph of a sealed segment; its nodes are the rows.
    graph: Option<Graph>,
}

/// A search graph, ready to be walked through.
pub(super) struct Graph {
    pub(super) stamp: Stamp,
    /// Where the vectors of its nodes are, one per backbone.
    pub(super) files: Vec<VectorFile>,
    pub(super) layers: Vec<GraphLayer>,
    /// Stored nodes that were left out, as their photos were removed.
    pub(super) removed: usize,
    codes: Codes,
}

/// Which rows of a part count in a search.
pub(super) enum Counting {
    All,
    /// These, which are few.
    Rows(Vec<u32>),
    /// All but these.
    Without(Bits),
}

/// A probe as parts are searched with it.
pub(super) struct Wanted<'a> {
    pub(super) probe: &'a [f32],
    pub(super) code: &'a Probe,
    pub(super) count: usize,
    pub(super) ef: usize,
    pub(super) exact: bool,
}

impl Graph {
    /// The graph with these layers over the vectors of the retrieval space, out of which `removed` nodes were left.
    pub(super) fn new(
        (stamp, files): (Stamp, Vec<VectorFile>),
        (layers, removed): (Vec<GraphLayer>, usize),
        vectors: &Mapped,
    ) -> Self {
        let rows = (0..vectors.rows()).map(|row| vectors.row(row));
        let mut graph =
            Self { stamp, files, layers, removed, codes: Codes::of(rows, vectors.width()) };
        if removed > 0 {
            link_unreachable(&mut graph.layers, &graph.codes);
        }
        graph
    }

    /// Nodes that no path reaches.
    pub(super) fn unreachable(&self) -> usize {
        let base = &self.layers[0];
        base.nodes() as usize - links::reachable(base).count()
    }
}

impl Part {
    pub(super) fn new(
        (photos, ordinals): (Vec<StoredPhoto>, Vec<u64>),
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

    pub(super) fn rows(&self) -> u32 {
        self.photos.len() as u32
    }

    pub(super) fn graph(&self) -> Option<&Graph> {
        self.graph.as_ref()
    }

    pub(super) fn photo(&self, row: u32) -> &StoredPhoto {
        &self.photos[row as usize]
    }

    /// The row of a photo, if it is here.
    pub(super) fn row_of(&self, id: &PhotoId) -> Option<u32> {
        let at = self.by_id.partition_point(|&row| self.photo(row).id < *id);
        self.by_id.get(at).copied().filter(|&row| self.photo(row).id == *id)
    }

    /// The rows of a person's photos.
    pub(super) fn rows_of(&self, person: MemberId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.member(), person)
    }

    /// The rows of a family's photos.
    pub(super) fn rows_of_family(&self, family: FamilyId) -> &[u32] {
        self.range(&self.by_id, |photo| photo.id.member().family(), family)
    }

    /// The rows of the photos that were enrolled from these files.
    pub(super) fn rows_of_files<'a>(
        &'a self,
        files: &'a [ContentHash],
    ) -> impl Iterator<Item = u32> + 'a {
        let of_file =
            |file: &ContentHash| self.range(&self.by_file, |photo| photo.content_hash.0, file.0);
        files.iter().flat_map(of_file).copied()
    }

    /// The rows of `sorted` with the value `wanted`, by which they are sorted.
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

    /// Calls `each` with every row that is selected; with some more than once.
    fn select(&self, selection: &Selection, mut each: impl FnMut(u32)) {
        let Selection { families, people, photos, files } = selection;
        for &family in families {
            self.rows_of_family(family).iter().copied().for_each(&mut each);
        }
        people.iter().flat_map(|&person| self.rows_of(person)).copied().for_each(&mut each);
        photos.iter().filter_map(|id| self.row_of(id)).for_each(&mut each);
        self.rows_of_files(files).for_each(each);
    }

    /// Which rows count where those in `dead` never do.
    pub(super) fn counting(
        &self,
        (only, without): (Option<&Selection>, &Selection),
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
        let (rows, is_wanted) = (0..self.rows(), |row: &u32| wanted.contains(*row));
        if few {
            return Counting::Rows(rows.filter(is_wanted).collect());
        }
        let mut out = Bits::none(self.photos.len());
        rows.filter(|row| !is_wanted(row)).for_each(|row| {
            out.insert(row);
        });
        Counting::Without(out)
    }

    /// The rows nearest to a probe of those that count, best first, and how they were found.
    pub(super) fn nearest(
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

    /// None where the graph leads to too few rows that count.
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
        // In view is what counts, and what does not in between.
        let ef = (wanted.ef * rows).div_ceil(counting.max(1));
        let mut found = walk(&graph.layers, &graph.codes, wanted.code, ef.min(rows));
        found.retain(|scored| out.is_none_or(|out| !out.contains(scored.node)));
        if found.len() < wanted.count.min(counting) {
            return None;
        }
        // Bytes tell enough to find them, but not which of two neighbours is the nearer.
        found.truncate(wanted.count + wanted.count.max(RESCORED));
        let scored = found.into_iter().map(|found| self.scored(wanted.probe, found.node));
        Some(best(scored.collect(), wanted.count))
    }

    pub(super) fn scored(&self, probe: &[f32], row: u32) -> Scored {
        Scored { cosine: dot(probe, &self.vectors[0].row(row)), node: row }
    }
}
