//! Maps the names and layouts of published weights to those of our networks.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;

use super::naming::{Named, Origin, named};
use super::{Checkpoint, Format};
use crate::network::architectures::{
    Architecture, inception_resnet, landmarks, mobilefacenet, resnet, siamese, vgg16, vggface_lite,
};
use crate::network::error::NetworkError;
use crate::network::graph::Parameter;
use crate::network::preprocessing::{ChannelOrder, Crop, Preprocessing};
use crate::network::weights::NamedTensor;

/// Weights with their recognized network.
pub struct Recognized {
    /// The network, with the widths of the tensors.
    pub architecture: Architecture,
    /// The preprocessing of the publishers of such files.
    pub preprocessing: Preprocessing,
    /// The format and the publisher of the names, as text.
    pub origin: String,
    /// The network's weights under its own names, in the order of its parameters.
    pub tensors: Vec<NamedTensor>,
    /// Tensors of the file that the network does not use, mostly its classifier.
    pub unused: Vec<String>,
}

/// Converts the tensors of a file to the names and layouts of the network `name`.
///
/// # Errors
/// - [`NetworkError::OtherArchitecture`] if the tensors belong to another network.
/// - [`NetworkError::MissingTensor`] if a tensor is missing.
/// - [`NetworkError::WrongTensor`] if a tensor has a wrong shape.
/// - [`NetworkError::NotFinite`] if a tensor holds a value that is not finite.
pub fn recognize(
    path: &Path,
    checkpoint: Checkpoint,
    name: &str,
) -> Result<Recognized, NetworkError> {
    let format = checkpoint.format;
    let named = named(checkpoint);
    let found = network_of(&named.tensors);
    if found != Some(name) {
        return Err(NetworkError::OtherArchitecture {
            path: path.to_owned(),
            expected: name.to_owned(),
            found: found.unwrap_or("no network known here").to_owned(),
        });
    }
    let architecture = architecture(name, &named);
    let Named { mut tensors, origin } = named;
    let take = |parameter| take(path, parameter, &mut tensors);
    let taken = architecture.network()?.parameters().iter().map(take).collect::<Result<_, _>>()?;
    let mut unused: Vec<String> = tensors.into_keys().collect();
    unused.sort();
    let preprocessing = preprocessing(&architecture, origin);
    let origin = describe(format, origin);
    Ok(Recognized { architecture, preprocessing, origin, tensors: taken, unused })
}

/// Returns the network with the most weight names among the tensors.
///
/// Of two, it is the smaller one, because a SENet has all weights of a ResNet. A missing tensor or two do not change
/// the result. Returns `None` if at least half of every network is missing.
fn network_of(tensors: &HashMap<String, NamedTensor>) -> Option<&'static str> {
    let published = Named { tensors: HashMap::new(), origin: Origin::Own };
    let likeness = |name: &&'static str| {
        let network = architecture(name, &published).network().ok()?;
        let all = network.parameters();
        let has = |p: &&Parameter| tensors.contains_key(&p.name);
        let present = all.iter().filter(has).count();
        (2 * present > all.len()).then_some((present, Reverse(all.len())))
    };
    let known = Architecture::NAMES.into_iter().filter(|name| likeness(name).is_some());
    known.max_by_key(likeness)
}

/// Returns the network with the widths of its tensors. A missing tensor has its published width.
fn architecture(name: &str, named: &Named) -> Architecture {
    match name {
        "vgg16" => Architecture::Vgg16(vgg16_config(named)),
        "resnet50" => Architecture::Resnet50(resnet_config(named, 1e-3)),
        "senet50" => Architecture::Senet50(resnet_config(named, 1e-4)),
        "inception_resnet_v1" => {
            let config = inception_resnet::Config::default();
            Architecture::InceptionResnetV1(inception_resnet::Config {
                channels: named.width("conv2d_1a.conv.weight", config.channels),
                embedding: named.width("last_linear.weight", config.embedding),
                ..config
            })
        }
        "mobilefacenet" => {
            let config = mobilefacenet::Config::default();
            Architecture::MobileFaceNet(mobilefacenet::Config {
                channels: named.width("conv_1_conv2d_weight", config.channels),
                embedding: named.width("fc1_weight", config.embedding),
            })
        }
        "vggface-lite" => Architecture::VggfaceLite(vggface_lite_config(named)),
        "landmarks" => Architecture::Landmarks(landmarks_config(named)),
        _ => Architecture::Siamese(siamese_config(named)),
    }
}

fn landmarks_config(named: &Named) -> landmarks::Config {
    let config = landmarks::Config::default();
    let channels: [usize; 5] = std::array::from_fn(|layer| {
        named.width(&format!("conv{}.weight", layer + 1), config.channels[layer])
    });
    let positions = named.inputs("hidden.weight").map(|inputs| inputs / channels[4].max(1));
    landmarks::Config {
        input_size: positions.map_or(config.input_size, |positions| 16 * positions.isqrt()),
        channels,
        hidden: named.width("hidden.weight", config.hidden),
    }
}

fn vggface_lite_config(named: &Named) -> vggface_lite::Config {
    let config = vggface_lite::Config::default();
    let name = |block: usize, layer: usize| format!("conv{}_{layer}.weight", block + 1);
    let layers = |block: usize| {
        (1..).take_while(|&layer| named.tensors.contains_key(&name(block, layer))).count()
    };
    let depths = std::array::from_fn(|block| match layers(block) {
        0 => config.depths[block],
        found => found,
    });
    let channels =
        std::array::from_fn(|block| named.width(&name(block, 1), config.channels[block]));
    let inputs = named.inputs("pool.weight").map(|positions| 16 * positions.isqrt());
    vggface_lite::Config {
        input_size: inputs.unwrap_or(config.input_size),
        depths,
        channels,
        embedding: named.width("projection.weight", config.embedding),
    }
}

fn vgg16_config(named: &Named) -> vgg16::Config {
    let config = vgg16::Config::default();
    let channels: [usize; 5] = std::array::from_fn(|block| {
        named.width(&format!("conv{}_1.weight", block + 1), config.channels[block])
    });
    let Some(inputs) = named.inputs("fc6.weight") else {
        return vgg16::Config { channels, output: vgg16::Output::Pooled, ..config };
    };
    let side = (inputs / channels[4].max(1)).isqrt();
    let hidden = named.width("fc6.weight", config.hidden);
    vgg16::Config { input_size: 32 * side, channels, hidden, output: vgg16::Output::Fc7 }
}

fn resnet_config(named: &Named, keras_epsilon: f64) -> resnet::Config {
    let config = resnet::Config::default();
    let (padding, epsilon) = match named.origin {
        Origin::Keras | Origin::Deepface => (resnet::Padding::Keras, keras_epsilon),
        Origin::Cydonia | Origin::Own => (resnet::Padding::Caffe, config.epsilon),
    };
    let channels = named.width("conv1_7x7_s2.weight", config.channels);
    let projection = named.first_side("feat_extract.weight");
    resnet::Config { channels, padding, epsilon, projection, ..config }
}

fn siamese_config(named: &Named) -> siamese::Config {
    let config = siamese::Config::default();
    let channels: [usize; 4] = std::array::from_fn(|layer| {
        named.width(&format!("conv{}.weight", layer + 1), config.channels[layer])
    });
    let embedding = named.width("fc.weight", config.embedding);
    let with = |input_size| siamese::Config { input_size, channels, embedding };
    // Several input sizes result in the same number of values; the paper's is the first choice.
    let fits = |config: &siamese::Config| {
        let network = siamese::network(config).ok();
        let linear = network
            .as_ref()
            .and_then(|net| net.parameters().iter().find(|p| p.name == "fc.weight"));
        linear.is_some_and(|linear| Some(linear.shape[1]) == named.inputs("fc.weight"))
    };
    let sizes = std::iter::once(config.input_size).chain(64..=512);
    sizes.map(with).find(fits).unwrap_or(with(config.input_size))
}

/// Takes a network's weight out of the file's tensors.
fn take(
    path: &Path,
    parameter: &Parameter,
    tensors: &mut HashMap<String, NamedTensor>,
) -> Result<NamedTensor, NetworkError> {
    let Parameter { name, shape } = parameter;
    let Some(mut tensor) = tensors.remove(name) else {
        let path = path.to_owned();
        let tensor = name.clone();
        let expected = shape.clone();
        return Err(NetworkError::MissingTensor { path, tensor, expected });
    };
    // Fully connected layers are also published as convolutions over the complete map.
    if shape.len() == 2 && tensor.shape.len() == 4 && tensor.shape[0] == shape[0] {
        tensor.shape = vec![shape[0], tensor.shape[1..].iter().product()];
    }
    if tensor.shape != *shape {
        return Err(NetworkError::WrongTensor {
            path: path.to_owned(),
            tensor: name.clone(),
            expected: format!("{shape:?}"),
            found: format!("{:?}", tensor.shape),
        });
    }
    if !tensor.values.iter().all(|value| value.is_finite()) {
        return Err(NetworkError::NotFinite { path: path.to_owned(), tensor: name.clone() });
    }
    Ok(tensor)
}

/// Returns the preprocessing of the publisher of such weights.
fn preprocessing(architecture: &Architecture, origin: Origin) -> Preprocessing {
    let published = architecture.preprocessing();
    match (architecture, origin) {
        // deepface feeds values from 0 to 1 by default.
        (_, Origin::Deepface) => Preprocessing {
            channels: ChannelOrder::Bgr,
            mean: [0.0; 3],
            scale: 1.0 / 255.0,
            crop: Crop::Letterbox,
            ..published
        },
        (_, Origin::Keras) => Preprocessing { crop: Crop::Stretch, ..published.reversed() },
        (_, Origin::Cydonia) => published.reversed(),
        (_, Origin::Own) => published,
    }
}

fn describe(format: Format, origin: Origin) -> String {
    let place = match origin {
        Origin::Keras => "named as by keras-vggface",
        Origin::Deepface => "in the order of deepface",
        Origin::Cydonia => "named as by VGGFace2-pytorch",
        Origin::Own => "named as the network's authors do",
    };
    format!("{format}, {place}")
}
