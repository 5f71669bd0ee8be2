//! Construction of a search graph.
//!
//! hnsw_rs quickly makes a first graph, with few candidates per row. It inserts the rows one by
//! one, in an order shuffled by a fixed rule. Near-duplicates inserted together make other nodes
//! unreachable. Insertion from several threads gives a different graph each time.
//!
//! Its neighbor lists are copied into flat arrays. Then each node searches the complete graph for
//! better neighbors. This step depends only on the first graph. So it runs in parallel, with a
//! deterministic result. Finally, unreachable nodes are linked.

use std::cmp::Reverse;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use rayon::prelude::*;

use super::links::{reachable, spread};
use super::search::walk;
use crate::domain::Progress;
use crate::gallery::embedded::matrix::VectorMatrix;
use crate::gallery::embedded::quantized::QuantizedVectors;
use crate::gallery::embedded::scored::ScoredNode;
use crate::gallery::embedded::store::GraphLayer;

/// Maximum neighbors per node above the lowest layer (the paper's M). Twice as many on it.
const MAX_NEIGHBORS: usize = 16;
/// Candidates per inserted node in the first graph (the paper's efConstruction).
const EF_FIRST: usize = 48;
/// Candidates per node in the refinement search.
const EF_REFINED: usize = 100;
/// Nodes between two checks for cancellation.
const BATCH: usize = 1024;
/// hnsw_rs requires all sixteen of its layers.
const MAX_LAYERS: usize = 16;

/// A graph, and the vector row of each node.
pub(in crate::gallery) struct BuiltGraph {
    pub(in crate::gallery) layers: Vec<GraphLayer>,
    pub(in crate::gallery) rows: Vec<u32>,
}

/// Builds the graph over the rows of `vectors`, at least one. Returns `None` if `progress` is
/// cancelled.
pub(in crate::gallery) fn build(
    vectors: &VectorMatrix,
    progress: &dyn Progress,
) -> Option<BuiltGraph> {
    let rows = 0..vectors.rows();
    let quantized = QuantizedVectors::new(rows.map(|row| vectors.row(row)), vectors.width);
    let BuiltGraph { mut layers, rows } = first(&quantized, vectors.rows(), progress)?;
    let quantized = QuantizedVectors::new(rows.iter().map(|&row| vectors.row(row)), vectors.width);
    layers[0] = refined(&layers, &quantized, progress)?;
    link_unreachable(&mut layers, &quantized);
    Some(BuiltGraph { layers, rows })
}

/// One minus the cosine of two rows. hnsw_rs passes the row numbers.
struct RowDistance<'a>(&'a QuantizedVectors);

impl Distance<u32> for RowDistance<'_> {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        // Rounding may carry the product of two unit vectors past 1.
        (1.0 - self.0.similarity_of(a[0], b[0])).max(0.0)
    }
}

fn first(quantized: &QuantizedVectors, rows: u32, progress: &dyn Progress) -> Option<BuiltGraph> {
    progress.begin("Linking", rows.into(), "photos");
    let hnsw =
        Hnsw::new(MAX_NEIGHBORS, rows as usize, MAX_LAYERS, EF_FIRST, RowDistance(quantized));
    for batch in shuffled(rows).chunks(BATCH) {
        if progress.cancelled() {
            return None;
        }
        batch.iter().for_each(|&row| hnsw.insert_slice((&[row], row as usize)));
        progress.advance(batch.len() as u64);
    }
    Some(copied_out(&hnsw))
}

/// Returns 0..count in a fixed pseudorandom order.
fn shuffled(count: u32) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..count).collect();
    // The finalizer of splitmix64: a bijection that scatters neighboring numbers.
    rows.sort_by_key(|&row| {
        let mut z = u64::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    rows
}

/// A point of hnsw_rs's graph.
struct GraphPoint {
    row: u32,
    level: u8,
    /// Rows of its neighbors on each layer up to its level.
    neighbors: Vec<Vec<u32>>,
}

fn copied_out(hnsw: &Hnsw<'_, u32, RowDistance<'_>>) -> BuiltGraph {
    let mut points = points(hnsw);
    points.sort_by_key(|point| (Reverse(point.level), point.row));
    let mut node_of_row = vec![0; points.len()];
    for (node, point) in (0_u32..).zip(&points) {
        node_of_row[point.row as usize] = node;
    }
    let top = points.first().map(|point| point.level);
    let layers = top.map_or(Vec::new(), |top| {
        (0..=top).map(|level| layer(&points, &node_of_row, level)).collect()
    });
    BuiltGraph { layers, rows: points.iter().map(|point| point.row).collect() }
}

/// Returns the links of a layer. The points are in descending order of their levels.
fn layer(points: &[GraphPoint], node_of_row: &[u32], level: u8) -> GraphLayer {
    let on_layer = points.partition_point(|point| point.level >= level);
    GraphLayer::from_lists(points[..on_layer].iter().map(|point| {
        let rows = point.neighbors[usize::from(level)].iter();
        let nodes = rows.map(|&row| node_of_row[row as usize]);
        // hnsw_rs links a few points on layers above their own, where the links lead nowhere.
        nodes.filter(|&node| (node as usize) < on_layer).collect()
    }))
}

fn points(hnsw: &Hnsw<'_, u32, RowDistance<'_>>) -> Vec<GraphPoint> {
    let index = hnsw.get_point_indexation();
    let mut points = Vec::with_capacity(index.get_nb_point());
    for level in 0..MAX_LAYERS {
        for point in index.get_layer_iterator(level) {
            let lists = point.get_neighborhood_id().into_iter().take(level + 1);
            let rows = lists.map(|list| list.iter().map(|to| to.get_origin_id() as u32).collect());
            let row = point.get_origin_id() as u32;
            points.push(GraphPoint { row, level: level as u8, neighbors: rows.collect() });
        }
    }
    points
}

/// Returns the lowest layer with better links.
///
/// Each node selects from the results of a search and its current neighbors. Each selected node
/// links back.
fn refined(
    layers: &[GraphLayer],
    quantized: &QuantizedVectors,
    progress: &dyn Progress,
) -> Option<GraphLayer> {
    let base = &layers[0];
    progress.begin("Looking for better links", base.nodes().into(), "photos");
    let nodes: Vec<u32> = (0..base.nodes()).collect();
    let mut forward: Vec<Vec<u32>> = Vec::with_capacity(nodes.len());
    for batch in nodes.chunks(BATCH) {
        if progress.cancelled() {
            return None;
        }
        forward.par_extend(batch.par_iter().map(|&node| better_neighbors(layers, quantized, node)));
        progress.advance(batch.len() as u64);
    }
    let mut both = forward.clone();
    for (node, chosen) in (0..).zip(&forward) {
        chosen.iter().for_each(|&other| both[other as usize].push(node));
    }
    let lists: Vec<Vec<u32>> = both
        .into_par_iter()
        .enumerate()
        .map(|(node, list)| {
            let candidates = list.into_iter().map(|other| scored(quantized, node as u32, other));
            select(candidates.collect(), quantized, 2 * MAX_NEIGHBORS)
        })
        .collect();
    Some(GraphLayer::from_lists(lists))
}

/// Selects the neighbors of a node from the results of a search and its current neighbors.
fn better_neighbors(layers: &[GraphLayer], quantized: &QuantizedVectors, node: u32) -> Vec<u32> {
    let mut candidates = walk(layers, quantized, &quantized.probe(node), EF_REFINED);
    candidates.retain(|candidate| candidate.node != node);
    let linked = layers[0].neighbors(node).iter();
    candidates.extend(linked.map(|&other| scored(quantized, node, other)));
    select(candidates, quantized, MAX_NEIGHBORS)
}

fn scored(quantized: &QuantizedVectors, node: u32, other: u32) -> ScoredNode {
    ScoredNode { cosine: quantized.similarity_of(node, other), node: other }
}

/// Selects at most `max` neighbors by the paper's algorithm 4.
///
/// A selected candidate is nearer to the node than to every neighbor selected before it.
fn select(mut candidates: Vec<ScoredNode>, quantized: &QuantizedVectors, max: usize) -> Vec<u32> {
    candidates.sort_unstable_by(|a, b| b.cmp(a));
    candidates.dedup();
    let mut selected: Vec<u32> = Vec::with_capacity(max);
    for ScoredNode { cosine, node } in candidates {
        if selected.len() == max {
            break;
        }
        if selected.iter().all(|&other| quantized.similarity_of(node, other) < cosine) {
            selected.push(node);
        }
    }
    selected
}

/// Links every node that is unreachable on the lowest layer.
///
/// The link starts at the nearest reachable node that a search finds, else at the entry point. The
/// search descends from higher layers, so it also returns nodes that are unreachable on the lowest
/// one.
pub(in crate::gallery) fn link_unreachable(
    layers: &mut [GraphLayer],
    quantized: &QuantizedVectors,
) {
    let mut reached = reachable(&layers[0]);
    let nodes = layers[0].nodes();
    if reached.count() == nodes as usize {
        return;
    }
    let mut lists: Vec<Vec<u32>> = layers[0].lists().map(<[u32]>::to_vec).collect();
    for node in 0..nodes {
        if !reached.contains(node) {
            let near = walk(layers, quantized, &quantized.probe(node), EF_REFINED);
            let nearest = near.into_iter().find(|near| reached.contains(near.node));
            lists[nearest.map_or(0, |nearest| nearest.node) as usize].push(node);
            spread(&layers[0], node, &mut reached);
        }
    }
    layers[0] = GraphLayer::from_lists(lists);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_higher_layer_leads_to_is_linked_on_the_lowest() {
        // On the lowest layer 0 and 2 are linked, and so are 1 and 3. Above it 0 and 1 are.
        let base = GraphLayer::from_lists([vec![2], vec![3], vec![0], vec![1]]);
        let mut layers = [base, GraphLayer::from_lists([vec![1], vec![0]])];
        let vectors = [[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8]];
        let quantized = QuantizedVectors::new(vectors.into_iter(), 2);
        link_unreachable(&mut layers, &quantized);
        assert_eq!(reachable(&layers[0]).count(), 4);
    }
}
