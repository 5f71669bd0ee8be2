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
use crate::gallery::embedded::matrix::Matrix;
use crate::gallery::embedded::quantized::Codes;
use crate::gallery::embedded::scored::Scored;
use crate::gallery::embedded::store::GraphLayer;

/// Maximum neighbors per node above the lowest layer (the paper's M). Twice as many on it.
const MAX_NEIGHBOURS: usize = 16;
/// Candidates per inserted node in the first graph (the paper's efConstruction).
const EF_FIRST: usize = 48;
/// Candidates per node in the refinement search.
const EF_REFINED: usize = 100;
/// Nodes between two checks for cancellation.
const BATCH: usize = 1024;
/// hnsw_rs requires all sixteen of its layers.
const MAX_LAYERS: usize = 16;

/// A graph, and the vector row of each node.
pub(in crate::gallery) struct Built {
    pub(in crate::gallery) layers: Vec<GraphLayer>,
    pub(in crate::gallery) rows: Vec<u32>,
}

/// Builds the graph over the rows of `vectors`, at least one. Returns `None` if `progress` is
/// cancelled.
pub(in crate::gallery) fn build(vectors: &Matrix, progress: &dyn Progress) -> Option<Built> {
    let rows = 0..vectors.rows();
    let codes = Codes::of(rows.map(|row| vectors.row(row)), vectors.width);
    let Built { mut layers, rows } = first(&codes, vectors.rows(), progress)?;
    let codes = Codes::of(rows.iter().map(|&row| vectors.row(row)), vectors.width);
    layers[0] = refined(&layers, &codes, progress)?;
    link_unreachable(&mut layers, &codes);
    Some(Built { layers, rows })
}

/// One minus the cosine of two rows. hnsw_rs passes the row numbers.
struct RowDistance<'a>(&'a Codes);

impl Distance<u32> for RowDistance<'_> {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        // Rounding may carry the product of two unit vectors past 1.
        (1.0 - self.0.similarity_of(a[0], b[0])).max(0.0)
    }
}

fn first(codes: &Codes, rows: u32, progress: &dyn Progress) -> Option<Built> {
    progress.begin("Linking", rows.into(), "photos");
    let hnsw = Hnsw::new(MAX_NEIGHBOURS, rows as usize, MAX_LAYERS, EF_FIRST, RowDistance(codes));
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
struct Point {
    row: u32,
    level: u8,
    /// Rows of its neighbors on each layer up to its level.
    neighbors: Vec<Vec<u32>>,
}

fn copied_out(hnsw: &Hnsw<'_, u32, RowDistance<'_>>) -> Built {
    let mut points = points(hnsw);
    points.sort_by_key(|point| (Reverse(point.level), point.row));
    let mut node_of_row = vec![0; points.len()];
    for (node, point) in (0_u32..).zip(&points) {
        node_of_row[point.row as usize] = node;
    }
    let layer = |level: u8| {
        let on_layer = points.partition_point(|point| point.level >= level);
        GraphLayer::of(points[..on_layer].iter().map(|point| {
            let rows = point.neighbors[usize::from(level)].iter();
            let nodes = rows.map(|&row| node_of_row[row as usize]);
            // hnsw_rs links a few points on layers above their own, where the links lead nowhere.
            nodes.filter(|&node| (node as usize) < on_layer).collect()
        }))
    };
    let top = points.first().map(|point| point.level);
    let layers = top.map_or(Vec::new(), |top| (0..=top).map(layer).collect());
    Built { layers, rows: points.iter().map(|point| point.row).collect() }
}

fn points(hnsw: &Hnsw<'_, u32, RowDistance<'_>>) -> Vec<Point> {
    let index = hnsw.get_point_indexation();
    let mut points = Vec::with_capacity(index.get_nb_point());
    for level in 0..MAX_LAYERS {
        for point in index.get_layer_iterator(level) {
            let lists = point.get_neighborhood_id().into_iter().take(level + 1);
            let rows = lists.map(|list| list.iter().map(|to| to.get_origin_id() as u32).collect());
            let row = point.get_origin_id() as u32;
            points.push(Point { row, level: level as u8, neighbors: rows.collect() });
        }
    }
    points
}

/// Returns the lowest layer with better links.
///
/// Each node selects from the results of a search and its current neighbors. Each selected node
/// links back.
fn refined(layers: &[GraphLayer], codes: &Codes, progress: &dyn Progress) -> Option<GraphLayer> {
    let base = &layers[0];
    let choose = |node: u32| {
        let mut candidates = walk(layers, codes, &codes.probe(node), EF_REFINED);
        candidates.retain(|candidate| candidate.node != node);
        let linked = base.neighbors(node).iter();
        candidates.extend(linked.map(|&other| scored(codes, node, other)));
        chosen(candidates, codes, MAX_NEIGHBOURS)
    };
    progress.begin("Looking for better links", base.nodes().into(), "photos");
    let nodes: Vec<u32> = (0..base.nodes()).collect();
    let mut forward: Vec<Vec<u32>> = Vec::with_capacity(nodes.len());
    for batch in nodes.chunks(BATCH) {
        if progress.cancelled() {
            return None;
        }
        forward.par_extend(batch.par_iter().map(|&node| choose(node)));
        progress.advance(batch.len() as u64);
    }
    let mut both = forward.clone();
    for (node, chosen) in (0..).zip(&forward) {
        chosen.iter().for_each(|&other| both[other as usize].push(node));
    }
    let bounded = |(node, list): (usize, Vec<u32>)| {
        let candidates = list.into_iter().map(|other| scored(codes, node as u32, other));
        chosen(candidates.collect(), codes, 2 * MAX_NEIGHBOURS)
    };
    let lists: Vec<Vec<u32>> = both.into_par_iter().enumerate().map(bounded).collect();
    Some(GraphLayer::of(lists))
}

fn scored(codes: &Codes, node: u32, other: u32) -> Scored {
    Scored { cosine: codes.similarity_of(node, other), node: other }
}

/// Selects at most `most` neighbors by the paper's algorithm 4.
///
/// A selected candidate is nearer to the node than to every neighbor selected before it.
fn chosen(mut candidates: Vec<Scored>, codes: &Codes, most: usize) -> Vec<u32> {
    candidates.sort_unstable_by(|a, b| b.cmp(a));
    candidates.dedup();
    let mut kept: Vec<u32> = Vec::with_capacity(most);
    for Scored { cosine, node } in candidates {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|&other| codes.similarity_of(node, other) < cosine) {
            kept.push(node);
        }
    }
    kept
}

/// Links every node that is unreachable on the lowest layer.
///
/// The link starts at the nearest reachable node that a search finds, else at the entry point. The
/// search descends from higher layers, so it also returns nodes that are unreachable on the lowest
/// one.
pub(in crate::gallery) fn link_unreachable(layers: &mut [GraphLayer], codes: &Codes) {
    let mut reached = reachable(&layers[0]);
    let nodes = layers[0].nodes();
    if reached.count() == nodes as usize {
        return;
    }
    let mut lists: Vec<Vec<u32>> = layers[0].lists().map(<[u32]>::to_vec).collect();
    for node in 0..nodes {
        if !reached.contains(node) {
            let near = walk(layers, codes, &codes.probe(node), EF_REFINED);
            let nearest = near.into_iter().find(|near| reached.contains(near.node));
            lists[nearest.map_or(0, |nearest| nearest.node) as usize].push(node);
            spread(&layers[0], node, &mut reached);
        }
    }
    layers[0] = GraphLayer::of(lists);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_higher_layer_leads_to_is_linked_on_the_lowest() {
        // On the lowest layer 0 and 2 are linked, and so are 1 and 3. Above it 0 and 1 are.
        let base = GraphLayer::of([vec![2], vec![3], vec![0], vec![1]]);
        let mut layers = [base, GraphLayer::of([vec![1], vec![0]])];
        let vectors = [[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8]];
        let codes = Codes::of(vectors.into_iter(), 2);
        link_unreachable(&mut layers, &codes);
        assert_eq!(reachable(&layers[0]).count(), 4);
    }
}
