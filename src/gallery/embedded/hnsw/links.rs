//! The links of a search graph, in flat arrays.
//!
//! Nodes are numbered by descending level. So the nodes of each layer come first, and the entry
//! point is node 0.

use std::collections::VecDeque;

use crate::gallery::embedded::row_set::RowSet;
use crate::gallery::embedded::store::GraphLayer;

/// Maximum replacements for a link to a deleted node.
const DETOURS: usize = 16;

impl GraphLayer {
    /// Builds a layer from neighbor lists.
    pub(in crate::gallery) fn from_lists(lists: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut layer = Self { offsets: vec![0], neighbors: Vec::new() };
        for list in lists {
            layer.neighbors.extend(list);
            layer.offsets.push(layer.neighbors.len() as u32);
        }
        layer
    }

    /// Number of nodes on the layer.
    pub(in crate::gallery) fn nodes(&self) -> u32 {
        self.offsets.len().saturating_sub(1) as u32
    }

    pub(in crate::gallery) fn neighbors(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.neighbors[self.offsets[node] as usize..self.offsets[node + 1] as usize]
    }

    /// The neighbor lists of all nodes.
    pub(in crate::gallery) fn lists(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.nodes()).map(|node| self.neighbors(node))
    }

    /// Returns the layer without the nodes that have no entry in `numbers`. The others are
    /// renumbered.
    ///
    /// A link to a deleted node is replaced by links to that node's neighbors.
    fn without(&self, numbers: &[Option<u32>]) -> Self {
        let is_retained = |node: &u32| numbers[*node as usize].is_some();
        let retained = (0..self.nodes()).filter(is_retained);
        Self::from_lists(retained.map(|node| {
            let links = self.neighbors(node);
            let mut list: Vec<u32> = links.iter().copied().filter(is_retained).collect();
            for &deleted in links.iter().filter(|link| !is_retained(link)) {
                for detour in self.detour(deleted, is_retained) {
                    if detour != node && !list.contains(&detour) {
                        list.push(detour);
                    }
                }
            }
            list.into_iter().filter_map(|node| numbers[node as usize]).collect()
        }))
    }

    /// Returns the first retained nodes reachable from `start` through deleted nodes.
    fn detour(&self, start: u32, is_retained: impl Fn(&u32) -> bool) -> Vec<u32> {
        let mut seen = vec![start];
        let mut found = Vec::new();
        let mut i = 0;
        while i < seen.len() && seen.len() < 4 * DETOURS && found.len() < DETOURS {
            for &next in self.neighbors(seen[i]) {
                let list = if is_retained(&next) { &mut found } else { &mut seen };
                if !list.contains(&next) {
                    list.push(next);
                }
            }
            i += 1;
        }
        found.truncate(DETOURS);
        found
    }
}

/// Returns the layers without the nodes for which `is_retained` is false. The others retain their
/// order.
pub(in crate::gallery) fn without(
    layers: Vec<GraphLayer>,
    is_retained: &[bool],
) -> Vec<GraphLayer> {
    if is_retained.iter().all(|retained| *retained) {
        return layers;
    }
    let mut next = 0..;
    let mut numbers: Vec<Option<u32>> = Vec::with_capacity(is_retained.len());
    for retained in is_retained {
        numbers.push(if *retained { next.next() } else { None });
    }
    let mut layers: Vec<GraphLayer> = layers.iter().map(|layer| layer.without(&numbers)).collect();
    while layers.len() > 1 && layers.last().is_some_and(|layer| layer.nodes() == 0) {
        layers.pop();
    }
    layers
}

/// Returns whether every offset and neighbor of the layers is in range, for `nodes` nodes.
pub(in crate::gallery) fn are_sound(layers: &[GraphLayer], nodes: usize) -> bool {
    let mut below = nodes + 1;
    layers.iter().all(|layer| {
        let rows = layer.offsets.len();
        let fits = (1..=below).contains(&rows)
            && layer.offsets[0] == 0
            && layer.offsets.is_sorted()
            && layer.offsets.last().is_some_and(|&end| end as usize == layer.neighbors.len())
            && layer.neighbors.iter().all(|&node| (node as usize) < rows - 1);
        below = rows;
        fits
    }) && layers.first().is_some_and(|base| base.offsets.len() == nodes + 1)
}

/// Returns the nodes of the lowest layer that are reachable from the entry point.
pub(in crate::gallery) fn reachable(base: &GraphLayer) -> RowSet {
    let mut reached = RowSet::new(base.nodes() as usize);
    spread(base, 0, &mut reached);
    reached
}

/// Marks the nodes that are reachable from a node.
pub(in crate::gallery) fn spread(base: &GraphLayer, start: u32, reached: &mut RowSet) {
    if base.nodes() == 0 || !reached.insert(start) {
        return;
    }
    let mut waiting = VecDeque::from([start]);
    while let Some(node) = waiting.pop_front() {
        waiting.extend(base.neighbors(node).iter().copied().filter(|&next| reached.insert(next)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nodes_are_removed_links_lead_around_them() {
        // 0 → 1 → 2 → 3 → 0
        let ring = GraphLayer::from_lists([vec![1], vec![2], vec![3], vec![0]]);
        assert!(are_sound(std::slice::from_ref(&ring), 4));
        assert_eq!(reachable(&ring).count(), 4);
        let left = without(
            vec![ring.clone(), GraphLayer::from_lists([vec![]])],
            &[false, true, false, true],
        );
        assert_eq!(left, [GraphLayer::from_lists([vec![1], vec![0]])]);
        let end = GraphLayer::from_lists([vec![1], vec![0], vec![1]]);
        let reached = reachable(&end);
        assert_eq!([0, 1, 2].map(|node| reached.contains(node)), [true, true, false]);
    }

    #[test]
    fn a_layer_that_points_beyond_itself_is_not_sound() {
        let ring = GraphLayer::from_lists([vec![1], vec![0]]);
        let sound = |layers: &[GraphLayer]| are_sound(layers, 2);
        assert!(sound(&[ring.clone(), GraphLayer::from_lists([vec![]])]));
        assert!(!sound(&[]) && !are_sound(std::slice::from_ref(&ring), 3));
        assert!(!sound(&[GraphLayer::from_lists([vec![2], vec![0]])]));
        assert!(!sound(&[GraphLayer { offsets: vec![0, 2, 1], ..ring.clone() }]));
        assert!(!sound(&[GraphLayer { offsets: vec![1, 1, 2], ..ring.clone() }]));
        assert!(!sound(&[ring.clone(), GraphLayer::from_lists([vec![], vec![], vec![]])]));
    }
}
