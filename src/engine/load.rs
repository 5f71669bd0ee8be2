//! Loads a network onto a device.

use super::candle::CandleEngine;
use super::cpu::{CpuEngine, Instructions};
use super::device::ResolvedDevice;
use super::error::EngineError;
use super::interface::Engine;
use crate::network::WeightsFile;
use crate::network::graph::{Network, NodeId};

/// Loads a network's weights into the engine of a device.
///
/// [`Engine::run_with_maps`] also returns the maps of `map_nodes`.
///
/// # Errors
/// - Any error of [`WeightsFile`] if a weight cannot be read.
/// - [`EngineError::Tensor`] if the tensor library fails.
pub(crate) fn load_engine(
    network: Network,
    map_nodes: &[NodeId],
    device: &ResolvedDevice,
    weights: &mut WeightsFile,
) -> Result<Box<dyn Engine>, EngineError> {
    Ok(match device {
        ResolvedDevice::Cpu => {
            let parameters = network.parameters();
            let instructions = Instructions::best();
            Box::new(CpuEngine::with_maps(&network, map_nodes, instructions, |id| {
                weights.read(&parameters[id.index()])
            })?)
        }
        ResolvedDevice::Gpu(options) => {
            Box::new(CandleEngine::load(network, map_nodes, options.clone(), |parameter| {
                weights.read(parameter)
            })?)
        }
    })
}
