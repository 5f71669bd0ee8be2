//! Architectures by name.
//!
//! A further architecture is a file with a `Description`, and a line in the table below.

mod description;
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
use super::published_weights::PublishedWeights;

/// Defines [`Architecture`] from a table: name, variant with its configuration, and description.
///
/// The name is that of the description. `serde` needs it as a literal.
macro_rules! architectures {
    ($($(#[$doc:meta])* $name:literal: $variant:ident($config:path) = $description:path,)*) => {
        /// Network of a backbone, with the choices that change its embedding.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "architecture")]
        pub enum Architecture {
            $($(#[$doc])* #[serde(rename = $name)] $variant($config),)*
        }

        impl Architecture {
            /// Names of the architectures in manifests and on the command line.
            pub const NAMES: [&str; [$($name),*].len()] = [$($description.name),*];

            /// Returns its name, one of [`Self::NAMES`].
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $description.name,)*
                }
            }

            /// Returns the authors' preprocessing, with channels in the order red, green, blue.
            pub fn preprocessing(&self) -> Preprocessing {
                match self {
                    $(Self::$variant(_) => $description.preprocessing,)*
                }
            }

            /// Returns the network of this architecture.
            ///
            /// # Errors
            /// [`NetworkError::BadConfig`] if the choices contradict each other.
            pub fn network(&self) -> Result<Network, NetworkError> {
                match self {
                    $(Self::$variant(config) => ($description.network)(config),)*
                }
            }

            /// Returns the architecture `name` with the widths of published weights.
            ///
            /// A missing tensor has its published width. Returns `None` if there is no such name.
            pub(super) fn import(name: &str, weights: &PublishedWeights) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant(($description.import)(weights))),)*
                    _ => None,
                }
            }
        }
    };
}

architectures! {
    /// VGG16 as trained on VGGFace.
    "vgg16": Vgg16(vgg16::Config) = vgg16::DESCRIPTION,
    /// ResNet-50 as trained on VGGFace2.
    "resnet50": Resnet50(resnet::Config) = resnet::RESNET50,
    /// ResNet-50 with squeeze and excitation, as trained on VGGFace2.
    "senet50": Senet50(resnet::Config) = resnet::SENET50,
    /// Inception-ResNet-v1 as facenet-pytorch publishes it.
    "inception_resnet_v1": InceptionResnetV1(inception_resnet::Config)
        = inception_resnet::DESCRIPTION,
    /// MobileFaceNet as InsightFace publishes it.
    "mobilefacenet": MobileFaceNet(mobilefacenet::Config) = mobilefacenet::DESCRIPTION,
    /// One twin of a Siamese network.
    "siamese": Siamese(siamese::Config) = siamese::DESCRIPTION,
    /// A small network of this project, in the layout of VGG.
    "vggface-lite": VggfaceLite(vggface_lite::Config) = vggface_lite::DESCRIPTION,
    /// Landmark network: finds the points of a face. It is no backbone, but runs as one.
    "landmarks": Landmarks(landmarks::Config) = landmarks::DESCRIPTION,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_manifests_equal_those_of_descriptions() {
        for name in Architecture::NAMES {
            let architecture = Architecture::import(name, &PublishedWeights::default());
            let json = serde_json::to_value(architecture.unwrap()).unwrap();
            assert_eq!(json["architecture"], name);
        }
    }
}
