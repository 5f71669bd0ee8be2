//! A node and its similarity.

use std::cmp::Ordering;

/// A node and its cosine to a probe. Ordered by cosine, then by node, so that ties are
/// deterministic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::gallery) struct ScoredNode {
    pub(in crate::gallery) cosine: f32,
    pub(in crate::gallery) node: u32,
}

impl Eq for ScoredNode {}

impl PartialOrd for ScoredNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ScoredNode {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cosine.total_cmp(&other.cosine).then(other.node.cmp(&self.node))
    }
}

/// Returns the `count` best of `scored`, best first.
pub(in crate::gallery) fn best(mut scored: Vec<ScoredNode>, count: usize) -> Vec<ScoredNode> {
    if count < scored.len() {
        scored.select_nth_unstable_by(count, |a, b| b.cmp(a));
        scored.truncate(count);
    }
    scored.sort_unstable_by(|a, b| b.cmp(a));
    scored
}
