//! Backbones: networks that turn the pixels of a face into an embedding.
//!
//! An architecture is written once, as a [`Network`]: a list of operations that names its weights and knows every
//! shape. What runs a network ([`Backbone`]) and what checks a weights file against it read the same list, so they
//! cannot disagree about an architecture.
//!
//! Suggested reading order: [`network`], [`vgg16`], [`mobilefacenet`], [`preprocessing`], `weights`, `executor`.

mod error;
mod executor;
pub mod mobilefacenet;
pub mod network;
pub mod preprocessing;
pub mod vgg16;
mod weights;

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

pub use error::BackboneError;
use executor::Executor;
use network::Network;
use preprocessing::Preprocessing;
pub use weights::{NamedTensor, WeightsFile, write_safetensors};

/// Which network a backbone is, with the choices that change its embedding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "lowercase")]
pub enum Architecture {
    /// VGG16 as trained on VGGFace.
    Vgg16(vgg16::Config),
    /// MobileFaceNet as InsightFace publishes it.
    MobileFaceNet(mobilefacenet::Config),
}

impl Architecture {
    /// The network of this architecture.
    ///
    /// # Errors
    /// When the choices do not fit each other.
    pub fn network(&self) -> Result<Network, BackboneError> {
        match self {
            Self::Vgg16(config) => vgg16::network(config),
            Self::MobileFaceNet(config) => mobilefacenet::network(config),
        }
    }
}

/// A network with its weights, ready to embed.
pub struct Backbone {
    executor: Executor,
    preprocessing: Preprocessing,
}

impl Backbone {
    /// Loads a network's weights from a safetensors file.
    ///
    /// # Errors
    /// When the file is no safetensors file, when a tensor is missing, has another shape or holds a value that is not
    /// finite, or when `architecture` contradicts itself.
    pub fn load(
        architecture: &Architecture,
        preprocessing: Preprocessing,
        weights: WeightsFile<'_>,
    ) -> Result<Self, BackboneError> {
        let network = architecture.network()?;
        let weights = weights::load(weights, network.parameters(), &Device::Cpu)?;
        Ok(Self { executor: Executor::new(network, weights), preprocessing })
    }

    /// Side of the square input, in pixels.
    pub fn input_size(&self) -> usize {
        self.executor.network().input_size()
    }

    /// Width of the embedding, d.
    pub fn dimension(&self) -> usize {
        self.executor.network().output_width()
    }

    /// Runs the network on faces of 8-bit RGB, each `(size, size, 3)` with `size` = [`Self::input_size`].
    ///
    /// Returns one raw output of `d` values a face, not normalised. Where the preprocessing asks for mirrors, it is
    /// the mean of the outputs of the face and of its mirror image, each scaled to unit length first.
    ///
    /// **Shape**: n × `(size, size, 3)` → n × `(d)`.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn embed(&self, faces: &[&[u8]]) -> Result<Vec<Vec<f32>>, BackboneError> {
        let size = self.input_size();
        let pixels = self.preprocessing.pixels(faces, size);
        let copies = self.preprocessing.copies();
        let shape = (faces.len() * copies, 3, size, size);
        let input = Tensor::from_vec(pixels, shape, &Device::Cpu)?;
        let outputs = self.executor.forward(&input)?.to_vec2::<f32>()?;
        Ok(outputs.chunks(copies).map(preprocessing::merge_copies).collect())
    }
}
