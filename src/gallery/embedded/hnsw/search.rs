//! Search in a graph: Y. Malkov, D. Yashunin, "Efficient and robust approximate nearest neighbor
//! search using Hierarchical Navigable Small World graphs", 2016, algorithms 2 and 5.

use crate::gallery::embedded::quantized::{QuantizedProbe, QuantizedVectors};
use crate::gallery::embedded::row_set::RowSet;
use crate::gallery::embedded::scored::ScoredNode;
use crate::gallery::embedded::store::GraphLayer;

/// Rows that are prefetched before they are compared.
const AHEAD: usize = 4;

/// Current candidates, nearest first. A mark shows that a node's neighbors were visited.
struct CandidateList {
    nodes: Vec<(ScoredNode, bool)>,
    capacity: usize,
    /// All nodes before this index are marked.
    next: usize,
}

impl CandidateList {
    /// Inserts a node, if it is among the nearest.
    fn insert(&mut self, node: ScoredNode) {
        if self.nodes.len() == self.capacity {
            if self.nodes.last().is_none_or(|(last, _)| *last >= node) {
                return;
            }
            self.nodes.pop();
        }
        let i = self.nodes.partition_point(|(other, _)| *other > node);
        self.nodes.insert(i, (node, false));
        self.next = self.next.min(i);
    }

    /// Returns the nearest node with unvisited neighbors.
    fn step(&mut self) -> Option<u32> {
        let unseen = self.nodes[self.next..].iter().position(|(_, seen)| !seen)?;
        self.next += unseen;
        let (node, seen) = &mut self.nodes[self.next];
        *seen = true;
        Some(node.node)
    }
}

/// Returns the nodes near a probe, best first by their quantized vectors.
///
/// `ef` (the paper's) is the search width, and the maximum number of results.
pub(in crate::gallery) fn walk(
    layers: &[GraphLayer],
    quantized: &QuantizedVectors,
    probe: &QuantizedProbe,
    ef: usize,
) -> Vec<ScoredNode> {
    let Some((base, upper)) = layers.split_first().filter(|(base, _)| base.nodes() > 0) else {
        return Vec::new();
    };
    let score = |node: u32| ScoredNode { cosine: quantized.similarity(node, probe), node };
    let mut nearest = score(0);
    for layer in upper.iter().rev() {
        while let Some(nearer) = layer
            .neighbors(nearest.node)
            .iter()
            .map(|&node| score(node))
            .max()
            .filter(|node| *node > nearest)
        {
            nearest = nearer;
        }
    }
    let mut visited = RowSet::new(base.nodes() as usize);
    visited.insert(nearest.node);
    let mut candidates =
        CandidateList { nodes: Vec::with_capacity(ef + 1), capacity: ef.max(1), next: 0 };
    candidates.insert(nearest);
    let mut new = Vec::new();
    while let Some(node) = candidates.step() {
        new.clear();
        new.extend(base.neighbors(node).iter().copied().filter(|&node| visited.insert(node)));
        new.iter().take(AHEAD).for_each(|&node| quantized.prefetch(node));
        for (i, &node) in new.iter().enumerate() {
            if let Some(&ahead) = new.get(i + AHEAD) {
                quantized.prefetch(ahead);
            }
            candidates.insert(score(node));
        }
    }
    candidates.nodes.into_iter().map(|(node, _)| node).collect()
}
