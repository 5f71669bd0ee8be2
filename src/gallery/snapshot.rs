//! What a gallery holds at one moment, in memory.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::GalleryError;
use super::dot::dot;
use super::graph::{self, Matrix, Scored};
use crate::domain::{ContentHash, Embedding, MemberId, PhotoId};
use crate::store::{Graph, Store};

/// Up to so many photos are compared one by one, which takes less than a millisecond at 512 dimensions.
const EXACT_UP_TO: usize = 4096;

/// Candidates the graph search keeps in view at least (the paper's ef).
const MIN_EF: usize = 128;

/// An immutable view of a gallery that answers searches.
pub struct Snapshot {
    /// The graph's photos in the order of its nodes, then those it does not have.
    photos: Vec<StoredPhoto>,
    ordinals: Vec<u64>,
    /// Per backbone the photos' embeddings; the first is the retrieval space.
    vectors: Vec<Matrix>,
    graph: Graph,
    kin: HashMap<MemberId, BTreeSet<MemberId>>,
    /// Everybody's photos, as places in `photos`.
    people: HashMap<MemberId, Vec<u32>>,
}

/// An enrolled photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPhoto {
    /// Whose photo.
    pub id: PhotoId,
    /// SHA-256 of the file it was enrolled from.
    pub content_hash: ContentHash,
}

/// An enrolled photo near a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour<'a> {
    /// The photo.
    pub photo: &'a StoredPhoto,
    /// Cosine of its embedding and the probe's, -1 to 1.
    pub cosine: f32,
    /// Its embeddings, one per backbone.
    pub embeddings: Embeddings<'a>,
}

/// The embeddings of an enrolled photo.
#[derive(Clone, Copy)]
pub struct Embeddings<'a> {
    vectors: &'a [Matrix],
    node: u32,
}

/// How neighbours were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The probe was compared with every photo.
    Exact,
    /// The search graph led to them; a neighbour may rarely be missed.
    Graph,
}

/// The answer to a nearest-neighbour query.
#[derive(Debug)]
pub struct Nearest<'a> {
    /// Nearest first; ties in the order of the photos.
    pub neighbours: Vec<Neighbour<'a>>,
    /// How they were found.
    pub method: Method,
}

impl<'a> Embeddings<'a> {
    /// The values of the one by the backbone at place `backbone` of the bundle.
    pub fn values(self, backbone: usize) -> &'a [f32] {
        self.vectors[backbone].row(self.node)
    }
}

impl PartialEq for Embeddings<'_> {
    fn eq(&self, other: &Self) -> bool {
        let places = 0..self.vectors.len().max(other.vectors.len());
        places.into_iter().all(|at| self.values(at) == other.values(at))
    }
}

impl fmt::Debug for Embeddings<'_> {
    /// Hides the values: they are a person's face.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embeddings(..)")
    }
}

impl Snapshot {
    /// Reads everything a search needs, with embeddings of these widths, one per backbone.
    pub(super) fn load(store: &Store, widths: &[usize]) -> Result<Self, GalleryError> {
        let mut by_ordinal = HashMap::new();
        for photo in store.photos() {
            let photo = photo?;
            let stored = StoredPhoto { id: photo.id, content_hash: photo.content_hash };
            by_ordinal.insert(photo.ordinal, stored);
        }
        let graph = store.graph()?.filter(|graph| fits(graph, &by_ordinal)).unwrap_or_default();
        let mut photos = Vec::with_capacity(by_ordinal.len());
        let mut ordinals = graph.ordinals.clone();
        photos.extend(ordinals.iter().filter_map(|ordinal| by_ordinal.remove(ordinal)));
        let mut rest: Vec<_> = by_ordinal.into_iter().collect();
        rest.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        for (ordinal, photo) in rest {
            ordinals.push(ordinal);
            photos.push(photo);
        }
        let vectors = (0..)
            .zip(widths)
            .map(|(backbone, &width)| matrix(store, &ordinals, (backbone, width)))
            .collect::<Result<_, _>>()?;
        let mut kin: HashMap<_, BTreeSet<_>> = HashMap::new();
        for pair in store.relationships() {
            let [first, second] = pair?.people();
            kin.entry(first).or_default().insert(second);
            kin.entry(second).or_default().insert(first);
        }
        let mut people: HashMap<_, Vec<u32>> = HashMap::new();
        for (node, photo) in (0..).zip(&photos) {
            people.entry(photo.id.member()).or_default().push(node);
        }
        Ok(Self { photos, ordinals, vectors, graph, kin, people })
    }

    /// The enrolled photos, in no promised order.
    pub fn photos(&self) -> &[StoredPhoto] {
        &self.photos
    }

    /// Whom the gallery lists as kin of `person`, in the order of the identities.
    pub fn kin_of(&self, person: MemberId) -> impl Iterator<Item = MemberId> {
        self.kin.get(&person).into_iter().flatten().copied()
    }

    /// The photos of `person` beside `probe`, in no promised order.
    pub fn photos_of<'a>(
        &'a self,
        person: MemberId,
        probe: &'a Embedding,
    ) -> impl Iterator<Item = Neighbour<'a>> {
        let nodes = self.people.get(&person).into_iter().flatten();
        nodes.map(|&node| {
            let cosine = dot(probe.as_slice(), self.vectors[0].row(node));
            self.neighbour(Scored { cosine, node })
        })
    }

    fn neighbour(&self, Scored { cosine, node }: Scored) -> Neighbour<'_> {
        Neighbour {
            photo: &self.photos[node as usize],
            cosine: cosine.clamp(-1.0, 1.0),
            embeddings: Embeddings { vectors: &self.vectors, node },
        }
    }

    /// The `count` photos nearest to `probe`, leaving out those of which `skip` is true. A small gallery is compared
    /// photo by photo, and so are photos that came after the graph.
    pub fn nearest(
        &self,
        probe: &Embedding,
        count: usize,
        skip: impl Fn(&StoredPhoto) -> bool,
    ) -> Nearest<'_> {
        let (query, vectors) = (probe.as_slice(), &self.vectors[0]);
        let in_graph = self.graph.ordinals.len() as u32;
        let skipped = self.photos.iter().filter(|photo| skip(photo)).count();
        let (method, compared, mut found) = if self.photos.len() <= EXACT_UP_TO || in_graph == 0 {
            (Method::Exact, 0..vectors.rows(), Vec::new())
        } else {
            let ef = (count + skipped).max(MIN_EF);
            let found = graph::search(&self.graph, vectors, query, ef);
            (Method::Graph, in_graph..vectors.rows(), found)
        };
        found.extend(compared.map(|node| Scored { cosine: dot(query, vectors.row(node)), node }));
        found.retain(|scored| !skip(&self.photos[scored.node as usize]));
        found.sort_unstable_by_key(|scored| std::cmp::Reverse(*scored));
        found.truncate(count);
        let neighbours = found.into_iter().map(|scored| self.neighbour(scored)).collect();
        Nearest { neighbours, method }
    }

    /// Whether no photo is outside the graph, or there are too few to want one.
    pub(super) fn graph_is_complete(&self) -> bool {
        self.photos.len() <= EXACT_UP_TO || self.graph.ordinals.len() == self.photos.len()
    }

    /// A graph over every photo.
    pub(super) fn build_graph(&self) -> Graph {
        let mut graph = graph::build(&self.vectors[0]);
        for ordinal in &mut graph.ordinals {
            *ordinal = self.ordinals[*ordinal as usize];
        }
        graph
    }
}

/// The embeddings of one backbone, of `width` values, in the order of the photos.
fn matrix(
    store: &Store,
    ordinals: &[u64],
    (backbone, width): (u8, usize),
) -> Result<Matrix, GalleryError> {
    let mut values = Vec::with_capacity(ordinals.len() * width);
    for &ordinal in ordinals {
        let embedding = Embedding::from_unit(store.embedding(ordinal, backbone, width)?);
        values.extend_from_slice(embedding.map_err(GalleryError::BadEmbedding)?.as_slice());
    }
    Ok(Matrix { values, width })
}

/// Whether a stored graph is whole and every photo it has is still there.
fn fits(graph: &Graph, photos: &HashMap<u64, StoredPhoto>) -> bool {
    graph::is_sound(graph) && graph.ordinals.iter().all(|ordinal| photos.contains_key(ordinal))
}
