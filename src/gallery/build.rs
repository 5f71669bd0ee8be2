//! How a search graph is made.
//!
//! hnsw_rs makes a first one, quickly: rows go in one after the other, in an order shuffled by a fixed rule (near-duplicates
//! inserted together make other nodes unreachable, and inserting from several threads gives another graph each time), and few
//! candidates are looked at for each. Its neighbour lists are copied out into flat arrays. Then every node looks once more
//! for its neighbours, by a walk through the whole graph; that depends on nothing but the first graph, so nodes
//! do it side by side, and the result is always the same. At last nodes that no path reaches are linked.

use std::cmp::Reverse;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use rayon::prelude::*;

use super::codes::Codes;
use super::links::{reachable, spread};
use super::matrix::Matrix;
use super::scored::Scored;
use super::walk::walk;
use crate::domain::Progress;
use crate::store::GraphLayer;

/// Most neighbours per node above the lowest layer; twice as many on it (the paper's M).
const MAX_NEIGHBOURS: usize = 16;
/// Candidates kept while a node is inserted into the first graph (the paper's efConstruction).
const EF_FIRST: usize = 48;
/// Candidates among which a node looks for its neighbours once more.
const EF_REFINED: usize = 100;
/// Nodes between two looks at whether to stop.
const BATCH: usize = 1024;
/// hnsw_rs wants all sixteen of its layers.
const MAX_LAYERS: usize = 16;

/// A graph, and which row of the vectors each node is.
pub(super) struct Built {
    pub(super) layers: Vec<GraphLayer>,
    pub(super) rows: Vec<u32>,
}

/// Builds the graph over the rows of `vectors`, of which there are some; None where `progress` asked to stop.
pub(super) fn build(vectors: &Matrix, progress: &dyn Progress) -> Option<Built> {
    let rows = 0..vectors.rows();
    let codes = Codes::of(rows.map(|row| vectors.row(row)), vectors.width);
    let Built { mut layers, rows } = first(&codes, vectors.rows(), progress)?;
    let codes = Codes::of(rows.iter().map(|&row| vectors.row(row)), vectors.width);
    layers[0] = refined(&layers, &codes, progress)?;
    link_unreachable(&mut layers, &codes);
    Some(Built { layers, rows })
}

/// One minus the cosine of two rows, which hnsw_rs is given the numbers of.
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
            let rows = point.neighbours[usize::from(level)].iter();
            let nodes = rows.map(|&row| node_of_row[row as usize]);
            // hnsw_rs links a few points on layers above their own, where they lead nowhere.
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
            points.push(Point { row, level: level as u8, neighbours: rows.collect() });
        }
    }
    points
}

/// The lowest layer with better links: each node chooses among what a walk finds and what it is linked with, and who was
/// chosen links back.
fn refined(layers: &[GraphLayer], codes: &Codes, progress: &dyn Progress) -> Option<GraphLayer> {
    let base = &layers[0];
    let choose = |node: u32| {
        let mut candidates = walk(layers, codes, &codes.probe(node), EF_REFINED);
        candidates.retain(|candidate| candidate.node != node);
        let linked = base.neighbours(node).iter();
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

/// Of some candidates the nearest that are nearer to the node than to each other, at most `most`: the paper's algorithm 4.
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

/// Links every node that no path reaches on the lowest layer from the nearest one that some path does, as far as a walk
/// finds one, else from the entry point. (A walk comes down from higher layers, and so to nodes that the lowest one does not
/// lead to.)
pub(super) fn link_unreachable(layers: &mut [GraphLayer], codes: &Codes) {
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
        // On the lowest layer 0 and 2 know each other, and so do 1 and 3; above it 0 and 1 do.
        let base = GraphLayer::of([vec![2], vec![3], vec![0], vec![1]]);
        let mut layers = [base, GraphLayer::of([vec![1], vec![0]])];
        let vectors = [[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8]];
        let codes = Codes::of(vectors.into_iter(), 2);
        link_unreachable(&mut layers, &codes);
        assert_eq!(reachable(&layers[0]).count(), 4);
    }
}
