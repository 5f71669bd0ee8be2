//! Maps the names and layouts of published weights to those of our networks.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;

use super::checkpoint::{Checkpoint, Format};
use super::naming::rename_tensors;
use crate::network::architectures::Architecture;
use crate::network::error::NetworkError;
use crate::network::graph::Parameter;
use crate::network::preprocessing::{ChannelOrder, Crop, Preprocessing};
use crate::network::published_weights::{PublishedWeights, Publisher};
use crate::network::weights::NamedTensor;

/// Weights of a network, under its own names.
pub struct ImportedWeights {
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
pub fn import_weights(
    path: &Path,
    checkpoint: Checkpoint,
    name: &str,
) -> Result<ImportedWeights, NetworkError> {
    let format = checkpoint.format;
    let weights = rename_tensors(checkpoint);
    let found = most_similar_network(&weights.tensors);
    let requested = found.filter(|found| *found == name);
    let architecture = requested.and_then(|name| Architecture::import(name, &weights));
    let Some(architecture) = architecture else {
        return Err(NetworkError::OtherArchitecture {
            path: path.to_owned(),
            expected: name.to_owned(),
            found: found.unwrap_or("no network known here").to_owned(),
        });
    };
    let PublishedWeights { tensors: mut unused, publisher } = weights;
    let tensors = architecture
        .network()?
        .parameters()
        .iter()
        .map(|parameter| take(path, parameter, &mut unused))
        .collect::<Result<_, _>>()?;
    let mut unused: Vec<String> = unused.into_keys().collect();
    unused.sort();
    let preprocessing = preprocessing(&architecture, publisher);
    let origin = describe(format, publisher);
    Ok(ImportedWeights { architecture, preprocessing, origin, tensors, unused })
}

/// Returns the network with the most weight names among the tensors.
///
/// Of two, it is the smaller one, because a SENet has all weights of a ResNet. A missing tensor or
/// two do not change the result. Returns `None` if at least half of every network is missing.
fn most_similar_network(tensors: &HashMap<String, NamedTensor>) -> Option<&'static str> {
    Architecture::NAMES
        .into_iter()
        .filter_map(|name| Some((name, similarity(name, tensors)?)))
        .max_by_key(|(_, similarity)| *similarity)
        .map(|(name, _)| name)
}

/// Returns the number of a network's weight names among the tensors, then the number of its
/// weights.
///
/// Returns `None` if at least half of them are missing.
fn similarity(
    name: &str,
    tensors: &HashMap<String, NamedTensor>,
) -> Option<(usize, Reverse<usize>)> {
    let network = Architecture::import(name, &PublishedWeights::default())?.network().ok()?;
    let all = network.parameters();
    let present = all.iter().filter(|parameter| tensors.contains_key(&parameter.name)).count();
    (2 * present > all.len()).then_some((present, Reverse(all.len())))
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
fn preprocessing(architecture: &Architecture, publisher: Publisher) -> Preprocessing {
    let published = architecture.preprocessing();
    match publisher {
        // deepface feeds values from 0 to 1 by default.
        Publisher::Deepface => Preprocessing {
            channels: ChannelOrder::Bgr,
            mean: [0.0; 3],
            scale: 1.0 / 255.0,
            crop: Crop::Letterbox,
            ..published
        },
        Publisher::Keras => Preprocessing { crop: Crop::Stretch, ..published.reversed() },
        Publisher::Cydonia => published.reversed(),
        Publisher::Authors => published,
    }
}

fn describe(format: Format, publisher: Publisher) -> String {
    let naming = match publisher {
        Publisher::Keras => "named as by keras-vggface",
        Publisher::Deepface => "in the order of deepface",
        Publisher::Cydonia => "named as by VGGFace2-pytorch",
        Publisher::Authors => "named as the network's authors do",
    };
    format!("{format}, {naming}")
}
