//! Backbones: networks that turn the pixels of a face into an embedding.
//!
//! An architecture is written once, as a [`Network`]: a list of operations with weight names and shapes. [`Backbone`]
//! runs this list, and the check of a weights file reads the same list. So the two cannot disagree about an
//! architecture.
//!
//! A network runs in one of two ways, with one result. On the CPU it is compiled once for this processor (`cpu`). On a
//! GPU it runs operation by operation on candle's tensors (`executor`).
//!
//! Suggested reading order: [`network`], [`vgg16`], [`resnet`], [`inception_resnet`], [`mobilefacenet`], [`siamese`],
//! [`preprocessing`], `weights`, `executor`, `cpu`.

mod cpu;
mod device;
mod encoding;
mod error;
mod executor;
mod gradient;
pub mod import;
pub mod inception_resnet;
pub mod landmarks;
pub mod learn;
pub mod mobilefacenet;
pub mod network;
pub mod preprocessing;
pub mod resnet;
pub mod siamese;
pub mod vgg16;
pub mod vggface_lite;
mod weights;

use candle_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use cpu::{Engine, Instructions};
use device::Place;
pub use device::{Device, Precision};
pub use error::BackboneError;
use executor::Executor;
use network::{Network, NodeId};
use preprocessing::Preprocessing;
pub use weights::{NamedTensor, Storage, WeightsFile, write_safetensors, write_safetensors_as};

/// Network of a backbone, with the choices that change its embedding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "lowercase")]
pub enum Architecture {
    /// VGG16 as trained on VGGFace.
    Vgg16(vgg16::Config),
    /// ResNet-50 as trained on VGGFace2.
    Resnet50(resnet::Config),
    /// ResNet-50 with squeeze and excitation, as trained on VGGFace2.
    Senet50(resnet::Config),
    /// Inception-ResNet-v1 as facenet-pytorch publishes it.
    #[serde(rename = "inception_resnet_v1")]
    InceptionResnetV1(inception_resnet::Config),
    /// MobileFaceNet as InsightFace publishes it.
    MobileFaceNet(mobilefacenet::Config),
    /// One twin of a Siamese network.
    Siamese(siamese::Config),
    /// A small network of this project, in the layout of VGG.
    #[serde(rename = "vggface-lite")]
    VggfaceLite(vggface_lite::Config),
    /// Landmark network: finds the points of a face. It is no backbone, but runs as one.
    Landmarks(landmarks::Config),
}

impl Architecture {
    /// Names of the architectures in manifests and on the command line.
    pub const NAMES: [&str; 8] = [
        "vgg16",
        "resnet50",
        "senet50",
        "inception_resnet_v1",
        "mobilefacenet",
        "siamese",
        "vggface-lite",
        "landmarks",
    ];

    /// Returns its name, one of [`Self::NAMES`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Vgg16(_) => "vgg16",
            Self::Resnet50(_) => "resnet50",
            Self::Senet50(_) => "senet50",
            Self::InceptionResnetV1(_) => "inception_resnet_v1",
            Self::MobileFaceNet(_) => "mobilefacenet",
            Self::Siamese(_) => "siamese",
            Self::VggfaceLite(_) => "vggface-lite",
            Self::Landmarks(_) => "landmarks",
        }
    }

    /// Returns the authors' preprocessing, with channels in the order red, green, blue.
    pub fn preprocessing(&self) -> Preprocessing {
        match self {
            Self::Vgg16(_) => vgg16::PREPROCESSING,
            Self::Resnet50(_) | Self::Senet50(_) => resnet::PREPROCESSING,
            Self::InceptionResnetV1(_) => inception_resnet::PREPROCESSING,
            Self::MobileFaceNet(_)
            | Self::Siamese(_)
            | Self::VggfaceLite(_)
            | Self::Landmarks(_) => mobilefacenet::PREPROCESSING,
        }
    }

    /// Returns the network of this architecture.
    ///
    /// # Errors
    /// [`BackboneError::BadConfig`] if the choices contradict each other.
    pub fn network(&self) -> Result<Network, BackboneError> {
        match self {
            Self::Vgg16(config) => vgg16::network(config),
            Self::Resnet50(config) => resnet::resnet50(config),
            Self::Senet50(config) => resnet::senet50(config),
            Self::InceptionResnetV1(config) => inception_resnet::network(config),
            Self::MobileFaceNet(config) => mobilefacenet::network(config),
            Self::Siamese(config) => siamese::network(config),
            Self::VggfaceLite(config) => vggface_lite::network(config),
            Self::Landmarks(config) => landmarks::network(config),
        }
    }
}

/// Feature maps per node and image, with values in channel, row, column order.
type Maps = Vec<Vec<Vec<f32>>>;

/// Engine that runs a network.
enum Runner {
    Cpu(Engine),
    Gpu(Executor, Vec<NodeId>),
}

impl Runner {
    /// Loads the weights. [`Self::run_with_maps`] also returns the maps of the nodes in `kept`.
    fn load(
        network: Network,
        kept: &[NodeId],
        place: &Place,
        weights: &mut WeightsFile,
    ) -> Result<Self, BackboneError> {
        Ok(match place {
            Place::Cpu => {
                let read =
                    |id: network::ParameterId| weights.read(&network.parameters()[id.index()]);
                Self::Cpu(Engine::keeping(&network, kept, Instructions::best(), read)?)
            }
            Place::Gpu(place) => {
                let read = |parameter: &network::Parameter| weights.read(parameter);
                let nodes = kept.iter().copied().chain(network.ids().last()).collect();
                Self::Gpu(Executor::load(network, place.clone(), read)?, nodes)
            }
        })
    }

    /// Runs the network on images of preprocessed pixels: `(n, size, size, 3)` → n × `(d)`.
    fn run(
        &self,
        images: usize,
        size: usize,
        pixels: Vec<f32>,
    ) -> Result<Vec<Vec<f32>>, BackboneError> {
        Ok(self.run_with_maps(images, size, pixels)?.0)
    }

    /// As [`Self::run`], and returns the maps of the `kept` nodes, per node n × `(channels, height, width)`.
    fn run_with_maps(
        &self,
        images: usize,
        size: usize,
        pixels: Vec<f32>,
    ) -> Result<(Vec<Vec<f32>>, Maps), BackboneError> {
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

/// Architecture of a backbone, with the preprocessing that its weights were trained on.
#[derive(Clone, Copy, Debug)]
pub struct BackboneSpec<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// Conversion of 8-bit RGB to the network's input.
    pub preprocessing: Preprocessing,
}

/// A network with its weights, ready to embed.
pub struct Backbone {
    input_size: usize,
    dimension: usize,
    preprocessing: Preprocessing,
    runner: Runner,
}

impl Backbone {
    /// Loads a network's weights onto a device.
    ///
    /// # Errors
    /// - [`BackboneError::MissingTensor`] if a tensor is missing.
    /// - [`BackboneError::WrongTensor`] if a tensor has another shape.
    /// - [`BackboneError::NotFinite`] if a tensor holds a value that is not finite.
    /// - [`BackboneError::BadConfig`] if the architecture contradicts itself.
    /// - [`BackboneError::NoDevice`] if the device cannot be used.
    pub fn load(
        spec: BackboneSpec<'_>,
        mut weights: WeightsFile,
        device: Device,
        precision: Precision,
    ) -> Result<Self, BackboneError> {
        let BackboneSpec { architecture, preprocessing } = spec;
        let place = device.place(precision)?;
        let network = architecture.network()?;
        let input_size = network.input_size();
        let dimension = network.output_width();
        let runner = Runner::load(network, &[], &place, &mut weights)?;
        Ok(Self { input_size, dimension, preprocessing, runner })
    }

    /// Returns the side of the square input, in pixels.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// Returns the width of the embedding, d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Runs the network on faces of 8-bit RGB, each `(size, size, 3)` with `size` = [`Self::input_size`].
    ///
    /// Returns one raw output of `d` values a face, not normalized. If the preprocessing has `mirror`, the outputs of
    /// the face and its mirror image are each scaled to unit length. The result is then their mean.
    ///
    /// **Shape**: n × `(size, size, 3)` → n × `(d)`.
    ///
    /// # Errors
    /// [`BackboneError::Tensor`] if the tensor library fails.
    pub fn embed(&self, faces: &[&[u8]]) -> Result<Vec<Vec<f32>>, BackboneError> {
        Ok(self.embed_views(&[(self.preprocessing, faces.to_vec())])?.remove(0))
    }

    /// Embeds several views of faces in one batch, each preprocessed in its own way.
    ///
    /// Returns the outputs of each view, as [`Self::embed`] does.
    ///
    /// # Errors
    /// As [`Self::embed`].
    pub fn embed_views(
        &self,
        views: &[(Preprocessing, Vec<&[u8]>)],
    ) -> Result<Vec<Vec<Vec<f32>>>, BackboneError> {
        let size = self.input_size;
        let images = |(preprocessing, faces): &(Preprocessing, Vec<&[u8]>)| {
            preprocessing.copies() * faces.len()
        };
        let all = views.iter().map(images).sum();
        if all == 0 {
            return Ok(vec![Vec::new(); views.len()]);
        }
        let mut pixels = vec![0.0; all * 3 * size * size];
        let mut rest = pixels.as_mut_slice();
        for view in views {
            let (own, others) = rest.split_at_mut(images(view) * 3 * size * size);
            view.0.write(own, &view.1, size);
            rest = others;
        }
        let outputs = self.runner.run(all, size, pixels)?;
        let mut rest = outputs.as_slice();
        let mut of_view = |view| {
            let (own, others) = rest.split_at(images(view));
            rest = others;
            own.chunks(view.0.copies()).map(preprocessing::merge_copies).collect()
        };
        Ok(views.iter().map(&mut of_view).collect())
    }
}
