//! The search graph: Y. Malkov, D. Yashunin, "Efficient and robust approximate nearest neighbor search using
//! Hierarchical Navigable Small World graphs", 2016.
//!
//! hnsw_rs builds it; its neighbour lists are then copied into flat arrays, which is what is stored and searched.
//! Nodes are numbered by falling level, so that each layer's nodes are the first ones and the entry point is node 0.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;

use super::dot::dot;
use crate::store::{Graph, GraphLayer};

/// Most neighbours per node above the lowest layer; twice as many on it (the paper's M).
const MAX_NEIGHBOURS: usize = 16;
/// Candidates kept while a node is inserted (the paper's efConstruction).
const EF_CONSTRUCTION: usize = 200;
/// hnsw_rs wants all sixteen of its layers.
const MAX_LAYERS: usize = 16;

/// Vectors of one width, row after row.
pub(super) struct Matrix {
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

impl Matrix {
    pub(super) fn row(&self, at: u32) -> &[f32] {
        let start = at as usize * self.width;
        &self.values[start..start + self.width]
    }

    pub(super) fn rows(&self) -> u32 {
        (self.values.len() / self.width) as u32
    }
}

/// One minus the cosine of two rows of a matrix, which hnsw_rs is given the numbers of.
struct RowDistance<'a>(&'a Matrix);

impl Distance<u32> for RowDistance<'_> {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        // Rounding may carry the product of two unit vectors past 1.
        (1.0 - dot(self.0.row(a[0]), self.0.row(b[0]))).max(0.0)
    }
}

/// Builds the graph over the rows of `vectors`. Returns it with rows numbered as in `vectors`: node n is the row
/// `ordinals[n]`.
///
/// Rows are inserted one after the other in an order shuffled by a fixed rule: near-duplicates inserted together make
/// other nodes unreachable, and inserting from several threads gives another graph each time.
pub(super) fn build(vectors: &Matrix) -> Graph {
    let rows = vectors.rows();
    let hnsw =
        Hnsw::new(MAX_NEIGHBOURS, rows as usize, MAX_LAYERS, EF_CONSTRUCTION, RowDistance(vectors));
    for row in shuffled(rows) {
        hnsw.insert_slice((&[row], row as usize));
    }
    freeze(&hnsw)
}

/// 0..count in an order that looks random and is always the same.
fn shuffled(count: u32) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..count).collect();
    // The finaliser of splitmix64: a bijection that scatters neighbouring numbers.
    rows.sort_by_key(|&row| {
        let mut z = u64::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    rows
}

/// A point of hnsw_rs's graph.
struct Point {
    row: u32,
    level: u8,
    /// Rows of its neighbours on each layer up to its level.
    neighbours: Vec<Vec<u32>>,
}

/// Copies hnsw_rs's graph out of it.
fn freeze(hnsw: &Hnsw<'_, u32, RowDistance<'_>>) -> Graph {
    let mut points = points(hnsw);
    points.sort_by_key(|point| (Reverse(point.level), point.row));
    let mut node_of_row = vec![0; points.len()];
    for (node, point) in (0_u32..).zip(&points) {
        node_of_row[point.row as usize] = node;
    }
    let layer = |level: u8| {
        let on_layer = points.partition_point(|point| point.level >= level);
        let mut layer = GraphLayer { offsets: vec![0], neighbours: Vec::new() };
        for point in &points[..on_layer] {
            let nodes = point.neighbours[usize::from(level)].iter();
            let nodes = nodes.map(|&row| node_of_row[row as usize]);
            // hnsw_rs links a few points on layers above their own, where they lead nowhere.
            layer.neighbours.extend(nodes.filter(|&node| (node as usize) < on_layer));
            layer.offsets.push(layer.neighbours.len() as u32);
        }
        layer
    };
    let top = points.first().map_or(0, |point| point.level);
    Graph {
        layers: (0..=top).map(layer).collect(),
        ordinals: points.iter().map(|point| u64::from(point.row)).collect(),
    }
}

fn points(hnsw: &Hnsw<'_, u32, RowDistance<'_>>) -> Vec<Point> {
    let index = hnsw.get_point_indexation();
    let mut points = Vec::with_capacity(index.get_nb_point());
    for level in 0..MAX_LAYERS {
        for point in index.get_layer_iterator(level) {
            let lists = point.get_neighborhood_id().into_iter().take(level + 1);
            let rows = lists.map(|list| list.iter().map(|to| to.get_origin_id() as u32).collect());
            let row = point.get_origin_id() as u32;
            points.push(Point { row, level: level as u8, neighbours: rows.collect() });
        }
    }
    points
}

/// A node and its cosine to the query; ordered by the cosine, then the node, so that ties are always broken alike.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) cosine: f32,
    pub(super) node: u32,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.cosine.total_cmp(&other.cosine).then(other.node.cmp(&self.node))
    }
}

/// The nodes nearest to `query` that the graph leads to, best first; `ef` is how many are kept in view, and returned.
///
/// Rows of `vectors` are the graph's nodes, by number. Algorithm 5 of the paper.
pub(super) fn search(graph: &Graph, vectors: &Matrix, query: &[f32], ef: usize) -> Vec<Scored> {
    let Some((base, upper)) = graph.layers.split_first() else { return Vec::new() };
    let score = |node: u32| Scored { cosine: dot(query, vectors.row(node)), node };
    let mut nearest = score(0);
    for layer in upper.iter().rev() {
        while let Some(nearer) =
            neighbours(layer, nearest.node).iter().map(|&n| score(n)).max().filter(|n| *n > nearest)
        {
            nearest = nearer;
        }
    }
    search_base(base, score, nearest, ef)
}

/// Algorithm 2 of the paper, on the lowest layer.
fn search_base(
    base: &GraphLayer,
    score: impl Fn(u32) -> Scored,
    entry: Scored,
    ef: usize,
) -> Vec<Scored> {
    let mut visited = vec![false; base.offsets.len()];
    visited[entry.node as usize] = true;
    let mut candidates = BinaryHeap::from([entry]);
    let mut found = BinaryHeap::from([Reverse(entry)]);
    while let Some(candidate) = candidates.pop() {
        let worst = found.peek().map_or(candidate, |worst| worst.0);
        if found.len() >= ef && candidate < worst {
            break;
        }
        for &node in neighbours(base, candidate.node) {
            if std::mem::replace(&mut visited[node as usize], true) {
                continue;
            }
            let next = score(node);
            if found.len() < ef || found.peek().is_some_and(|worst| next > worst.0) {
                candidates.push(next);
                found.push(Reverse(next));
                if found.len() > ef {
                    found.pop();
                }
            }
        }
    }
    found.into_sorted_vec().into_iter().map(|scored| scored.0).collect()
}

fn neighbours(layer: &GraphLayer, node: u32) -> &[u32] {
    let node = node as usize;
    &layer.neighbours[layer.offsets[node] as usize..layer.offsets[node + 1] as usize]
}

/// Whether every offset and neighbour of a stored graph points at something.
pub(super) fn is_sound(graph: &Graph) -> bool {
    let nodes = graph.ordinals.len();
    let mut below = nodes + 1;
    graph.layers.iter().all(|layer| {
        let rows = layer.offsets.len();
        let fits = (1..=below).contains(&rows)
            && layer.offsets.is_sorted()
            && layer.offsets.last().is_some_and(|&end| end as usize == layer.neighbours.len())
            && layer.neighbours.iter().all(|&node| (node as usize) < rows - 1);
        below = rows;
        fits
    }) && graph.layers.first().map_or(nodes == 0, |base| base.offsets.len() == nodes + 1)
}
