//! Description of an architecture.

use crate::network::error::NetworkError;
use crate::network::graph::Network;
use crate::network::preprocessing::Preprocessing;
use crate::network::published_weights::PublishedWeights;

/// Description of an architecture with the configuration `C`.
///
/// Each file of an architecture has one. [`super::Architecture`] lists them.
pub(super) struct Description<C> {
    /// Name in manifests and on the command line.
    pub(super) name: &'static str,
    /// The authors' preprocessing, with channels in the order red, green, blue.
    pub(super) preprocessing: Preprocessing,
    /// Builds the network.
    pub(super) network: fn(&C) -> Result<Network, NetworkError>,
    /// Returns the configuration with the widths of published weights.
    ///
    /// A missing tensor has its published width.
    pub(super) import: fn(&PublishedWeights) -> C,
}
