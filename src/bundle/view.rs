//! The view of a photo that a backbone receives.

use super::manifest::BackboneEntry;
use crate::network::preprocessing::Preprocessing;

/// The view of a backbone, and the index of its network.
///
/// Backbones that differ only in their views share a network. So its weights are in memory once,
/// and are read once for all views of a face.
pub(super) struct View {
    pub(super) preprocessing: Preprocessing,
    pub(super) network: usize,
}

impl View {
    /// Returns the view of each backbone. Networks are numbered in order of appearance.
    pub(super) fn of_backbones(backbones: &[BackboneEntry]) -> Vec<Self> {
        let mut views = Vec::<Self>::new();
        let mut networks = 0;
        for (i, entry) in backbones.iter().enumerate() {
            let same = backbones[..i].iter().position(|other| share_network(entry, other));
            let network = same.map_or(networks, |other| views[other].network);
            networks = networks.max(network + 1);
            views.push(Self { preprocessing: entry.preprocessing, network });
        }
        views
    }
}

fn share_network(one: &BackboneEntry, other: &BackboneEntry) -> bool {
    (&one.sha256, &one.network) == (&other.sha256, &other.network)
}
