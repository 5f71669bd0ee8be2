//! A node and its similarity.

use std::cmp::Ordering;

/// A node and its cosine to a probe. Ordered by cosine, then by node, so that ties are
/// deterministic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::gallery) struct Scored {
    pub(in crate::gallery) cosine: f32,
    pub(in crate::gallery) node: u32,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cosine.total_cmp(&other.cosine).then(other.node.cmp(&self.node))
    }
}

/// Returns the `count` best of `scored`, best first.
pub(in crate::gallery) fn best(mut scored: Vec<Scored>, count: usize) -> Vec<Scored> {
    let falling = |a: &Scored, b: &Scored| b.cmp(a);
    if count < scored.len() {
        scored.select_nth_unstable_by(count, falling);
        scored.truncate(count);
    }
    scored.sort_unstable_by(falling);
    scored
}
