//! Engines: what runs a network on a device.

use candle_core::{DType, Tensor};

use super::candle::Executor;
use super::cpu::{Engine, Instructions};
use super::device::Place;
use crate::network::graph::{Network, NodeId, Parameter, ParameterId};
use crate::network::{NetworkError, WeightsFile};

/// Feature maps per node and image, with values in channel, row, column order.
pub(crate) type Maps = Vec<Vec<Vec<f32>>>;

/// Engine that runs a network.
pub(crate) enum Runner {
    Cpu(Engine),
    Gpu(Executor, Vec<NodeId>),
}

impl Runner {
    /// Loads the weights. [`Self::run_with_maps`] also returns the maps of the nodes in `kept`.
    pub(crate) fn load(
        network: Network,
        kept: &[NodeId],
        place: &Place,
        weights: &mut WeightsFile,
    ) -> Result<Self, NetworkError> {
        Ok(match place {
            Place::Cpu => {
                let read = |id: ParameterId| weights.read(&network.parameters()[id.index()]);
                Self::Cpu(Engine::keeping(&network, kept, Instructions::best(), read)?)
            }
            Place::Gpu(place) => {
                let read = |parameter: &Parameter| weights.read(parameter);
                let nodes = kept.iter().copied().chain(network.ids().last()).collect();
                Self::Gpu(Executor::load(network, place.clone(), read)?, nodes)
            }
        })
    }

    /// Runs the network on images of preprocessed pixels: `(n, size, size, 3)` → n × `(d)`.
    pub(crate) fn run(
        &self,
        images: usize,
        size: usize,
        pixels: Vec<f32>,
    ) -> Result<Vec<Vec<f32>>, NetworkError> {
        Ok(self.run_with_maps(images, size, pixels)?.0)
    }

    /// As [`Self::run`], and returns the maps of the `kept` nodes, per node n × `(channels, height, width)`.
    pub(crate) fn run_with_maps(
        &self,
        images: usize,
        size: usize,
        pixels: Vec<f32>,
    ) -> Result<(Vec<Vec<f32>>, Maps), NetworkError> {
        match self {
            Self::Cpu(engine) => Ok(engine.run_with_maps(images, &pixels)),
            Self::Gpu(executor, nodes) => {
                let input =
                    Tensor::from_vec(pixels, (images, size, size, 3), &candle_core::Device::Cpu)?;
                let rows = |map: Tensor| map.flatten_from(1)?.to_dtype(DType::F32)?.to_vec2();
                let maps = executor.forward(&input, nodes)?.into_iter().map(rows);
                let mut maps: Vec<_> = maps.collect::<Result<_, candle_core::Error>>()?;
                Ok((maps.pop().unwrap_or_default(), maps))
            }
        }
    }
}
