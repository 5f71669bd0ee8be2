//! Architectures by name: the one table that a further architecture enters.

pub mod inception_resnet;
pub mod landmarks;
pub mod mobilefacenet;
pub mod resnet;
pub mod siamese;
pub mod vgg16;
pub mod vggface_lite;

use serde::{Deserialize, Serialize};

use super::error::NetworkError;
use super::graph::Network;
use super::preprocessing::Preprocessing;

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
    /// [`NetworkError::BadConfig`] if the choices contradict each other.
    pub fn network(&self) -> Result<Network, NetworkError> {
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
