//! Conversion of a trained student to the network for inference.

use super::error::NetworkTrainingError;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::student::Student;
use crate::engine::cpu::{CpuEngine, Instructions};
use crate::linalg::whitening::Whitening;
use crate::network::graph::{Network, Op, ParameterId};
use crate::network::{NamedTensor, NetworkError};

impl Student {
    /// Returns the weights with each batch normalization folded into the layer before it.
    ///
    /// That layer then has a bias: `conv` of `conv.weight` gets `conv.bias`. With the running
    /// statistics, w' = w γ / σ and b' = β − μ γ / σ. `network` is the student's network in
    /// training.
    pub fn folded(&self, network: &Network) -> Vec<NamedTensor> {
        let mut tensors: BTreeMap<String, NamedTensor> =
            self.tensors().into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        for (i, node) in network.nodes().iter().enumerate() {
            let Op::BatchNorm(norm) = &node.op else { continue };
            let Op::Conv(conv) = &network.nodes()[i - 1].op else { continue };
            let [gamma, beta, mean, variance] = [norm.gamma, norm.beta, norm.mean, norm.variance]
                .map(|id| {
                    let tensor = tensors.remove(&network.parameters()[id.index()].name);
                    tensor.map_or(Vec::new(), |tensor| tensor.values)
                });
            let rates: Vec<f32> = gamma
                .iter()
                .zip(&variance)
                .map(|(&gamma, &variance)| {
                    (f64::from(gamma) / (f64::from(variance) + norm.epsilon).sqrt()) as f32
                })
                .collect();
            let bias = (0..gamma.len()).map(|c| beta[c] - mean[c] * rates[c]).collect();
            let weight = network.parameters()[conv.weight.index()].name.as_str();
            if let Some(weight) = tensors.get_mut(weight) {
                let inputs = weight.values.len() / rates.len();
                for (values, rate) in weight.values.chunks_exact_mut(inputs).zip(&rates) {
                    values.iter_mut().for_each(|value| *value *= rate);
                }
            }
            let name = format!("{}.bias", weight.trim_end_matches(".weight"));
            let shape = vec![rates.len()];
            tensors.insert(name.clone(), NamedTensor { name, shape, values: bias });
        }
        tensors.into_values().collect()
    }
}

/// Whitens a network's output on some images, by a change of its weights.
///
/// The last layer must be linear and have a bias. `batches` are pairs of the number of images and
/// their preprocessed pixels. The weights are unchanged if all images have the same output.
pub(super) fn whitened(
    network: &Network,
    mut weights: Vec<NamedTensor>,
    batches: impl Iterator<Item = (usize, Vec<f32>)>,
) -> Result<Vec<NamedTensor>, NetworkTrainingError> {
    let last = network.nodes().last().map(|node| &node.op);
    let Some(&Op::Linear { weight, bias: Some(bias) }) = last else { return Ok(weights) };
    let weight = index_of(weight, network, &weights)?;
    let bias = index_of(bias, network, &weights)?;
    let engine = CpuEngine::new(network, Instructions::best(), |id| {
        Ok::<_, NetworkTrainingError>(weights[index_of(id, network, &weights)?].values.clone())
    })?;
    let outputs: Vec<Vec<f32>> =
        batches.flat_map(|(images, pixels)| engine.forward(images, &pixels)).collect();
    let Some(whitening) = Whitening::from_vectors(&outputs) else { return Ok(weights) };
    let values = &weights[weight].values;
    let width = weights[weight].shape[1];
    let mut columns = Vec::new();
    for c in 0..width {
        let column: Vec<f32> = values.iter().skip(c).step_by(width).copied().collect();
        columns.push(whitening.multiply(&column));
    }
    weights[weight].values = (0..weights[bias].values.len())
        .flat_map(|row| columns.iter().map(move |column| column[row]))
        .collect();
    weights[bias].values = whitening.apply(&weights[bias].values);
    Ok(weights)
}

/// Returns the index of a parameter's tensor.
fn index_of(
    id: ParameterId,
    network: &Network,
    weights: &[NamedTensor],
) -> Result<usize, NetworkError> {
    let parameter = &network.parameters()[id.index()];
    let index = weights.iter().position(|tensor| tensor.name == parameter.name);
    index.ok_or_else(|| NetworkError::MissingTensor {
        path: PathBuf::from("the student"),
        tensor: parameter.name.clone(),
        expected: parameter.shape.clone(),
    })
}

/// Returns a student with random statistics, scales and shifts that matter, as after training.
#[cfg(test)]
pub(super) fn random_student(network: &Network) -> Student {
    let device = crate::engine::Device::Cpu;
    let mut student = Student::new(network, 5, device).expect("the network can be trained");
    for (i, values) in student.values.iter_mut().enumerate() {
        for (j, value) in values.iter_mut().enumerate() {
            *value += 0.1 + ((i * 7 + j * 13) % 10) as f32 / 20.0;
        }
    }
    student
}

#[cfg(test)]
mod tests {
    use candle_core::Tensor;

    use super::*;
    use crate::engine::{Device, Executor, TensorOptions};
    use crate::network::architectures::vggface_lite::{Config, network, training_network};
    use crate::network::graph::Parameter;

    fn run(network: Network, weights: &[NamedTensor]) -> Vec<f32> {
        let read = |parameter: &Parameter| {
            let tensor = weights.iter().find(|tensor| tensor.name == parameter.name).unwrap();
            assert_eq!(tensor.shape, parameter.shape, "{}", tensor.name);
            Ok::<_, candle_core::Error>(tensor.values.clone())
        };
        let side = network.input_size();
        let last = network.ids().last().unwrap();
        let executor = Executor::load(network, TensorOptions::CPU, read).unwrap();
        let pixels = (0..side * side * 3).map(|at| ((at * 37) % 23) as f32 / 11.0 - 1.0);
        let pixels: Vec<f32> = pixels.collect();
        let input =
            Tensor::from_vec(pixels, (1, side, side, 3), &candle_core::Device::Cpu).unwrap();
        executor.forward(&input, &[last]).unwrap()[0].flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn network_without_normalizations_has_the_same_output() {
        let config = Config {
            input_size: 32,
            depths: [1, 2, 1, 1, 1],
            channels: [4, 5, 6, 7, 8],
            embedding: 9,
        };
        let learning = training_network(&config).unwrap();
        let student = random_student(&learning);
        let expected = run(learning.clone(), &student.tensors());
        let found = run(network(&config).unwrap(), &student.folded(&learning));
        let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5 * largest, "{found} {expected}");
        }
    }

    #[test]
    fn whitened_network_outputs_whitened_embeddings() {
        let config =
            Config { input_size: 32, depths: [1; 5], channels: [4, 5, 6, 7, 8], embedding: 3 };
        let student = Student::new(&training_network(&config).unwrap(), 5, Device::Cpu).unwrap();
        let weights = student.folded(&training_network(&config).unwrap());
        let network = network(&config).unwrap();
        let pixel = |at: usize| ((at * 37 + at / 3072 * 11) % 23) as f32 / 11.0 - 1.0;
        let pixels: Vec<f32> = (0..8 * 3072).map(pixel).collect();
        let outputs = |weights: &[NamedTensor]| {
            let read = |id: ParameterId| {
                let name = &network.parameters()[id.index()].name;
                let tensor = weights.iter().find(|tensor| tensor.name == *name).unwrap();
                Ok::<_, NetworkTrainingError>(tensor.values.clone())
            };
            CpuEngine::new(&network, Instructions::best(), read).unwrap().forward(8, &pixels)
        };
        let plain = outputs(&weights);
        let whitening = Whitening::from_vectors(&plain).unwrap();
        let changed = whitened(&network, weights, [(8, pixels.clone())].into_iter()).unwrap();
        for (found, plain) in outputs(&changed).iter().zip(&plain) {
            let expected = whitening.apply(plain);
            let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 1e-3, "{found:?} {expected:?}");
        }
    }
}
