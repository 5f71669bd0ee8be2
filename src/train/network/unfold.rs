//! Conversion of a trained network to a student, for further training.

use super::error::NetworkTrainingError;
use std::collections::HashMap;

use candle_core::{D, Device, Tensor};

use super::student::Student;
use crate::engine::{Executor, TensorOptions};
use crate::network::NamedTensor;
use crate::network::graph::{BatchNorm, Network, NodeId, Op};

/// A batch normalization, and the name of its bias in the folded network.
struct FoldedNorm {
    norm: BatchNorm,
    bias: String,
}

impl Student {
    /// Takes over the weights of a trained network with folded normalizations
    /// ([`Student::folded`]).
    ///
    /// Each normalization gets scales and shifts that make the student's output equal to the
    /// network's. They are computed from the statistics of `pixels`, `(n, size, size, 3)`
    /// preprocessed. `training` is the student's network in training.
    pub(super) fn unfold(
        &mut self,
        training: &Network,
        network: &Network,
        weights: &[NamedTensor],
        pixels: &[f32],
    ) -> Result<(), NetworkTrainingError> {
        let by_name: HashMap<&str, &Vec<f32>> =
            weights.iter().map(|tensor| (tensor.name.as_str(), &tensor.values)).collect();
        for (parameter, values) in self.parameters.iter().zip(&mut self.values) {
            if let Some(folded) = by_name.get(parameter.name.as_str()) {
                values.clone_from(folded);
            }
        }
        let norms = folded_norms(training);
        let nodes: Vec<NodeId> =
            norms.iter().filter_map(|norm| node_with_bias(network, &norm.bias)).collect();
        let side = network.input_size();
        let shape = (pixels.len() / (side * side * 3), side, side, 3);
        let input = Tensor::from_slice(pixels, shape, &Device::Cpu)?;
        let executor = Executor::load(network.clone(), TensorOptions::CPU, |parameter| {
            let values = by_name.get(parameter.name.as_str()).copied();
            Ok::<_, NetworkTrainingError>(values.cloned().unwrap_or_default())
        })?;
        let maps = executor.forward(&input, &nodes)?;
        for (FoldedNorm { norm, bias }, map) in norms.iter().zip(maps) {
            let channels = map.transpose(0, 1)?.flatten_from(1)?;
            let means: Vec<f32> = channels.mean(D::Minus1)?.to_vec1()?;
            let variances: Vec<f32> = channels.var(D::Minus1)?.to_vec1()?;
            let biases = by_name.get(bias.as_str()).map_or(&[][..], |values| values.as_slice());
            self.values[norm.gamma.index()] =
                variances.iter().map(|variance| (variance + norm.epsilon as f32).sqrt()).collect();
            self.values[norm.mean.index()] =
                means.iter().zip(biases).map(|(mean, bias)| mean - bias).collect();
            self.values[norm.beta.index()] = means;
            self.values[norm.variance.index()] = variances;
        }
        Ok(())
    }
}

/// Returns the batch normalizations behind convolutions, in their order.
fn folded_norms(training: &Network) -> Vec<FoldedNorm> {
    let nodes = training.nodes();
    let mut norms = Vec::new();
    for (node, next) in nodes.iter().zip(&nodes[1..]) {
        if let Op::Conv(conv) = &node.op
            && let Op::BatchNorm(norm) = &next.op
        {
            let weight = &training.parameters()[conv.weight.index()].name;
            let bias = format!("{}.bias", weight.trim_end_matches(".weight"));
            norms.push(FoldedNorm { norm: norm.clone(), bias });
        }
    }
    norms
}

/// Returns the convolution with the bias `name`.
fn node_with_bias(network: &Network, name: &str) -> Option<NodeId> {
    network.ids().find(|id| match &network.nodes()[id.index()].op {
        Op::Conv(conv) => {
            conv.bias.is_some_and(|bias| network.parameters()[bias.index()].name == name)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Device;
    use crate::engine::cpu::{CpuEngine, Instructions};
    use crate::network::architectures::vggface_lite::{Config, network, training_network};
    use crate::network::graph::{Parameter, ParameterId};
    use crate::train::network::fold::random_student;

    #[test]
    fn folded_and_unfolded_student_has_the_same_output() {
        let config = Config {
            input_size: 32,
            depths: [1, 2, 1, 1, 1],
            channels: [4, 5, 6, 7, 8],
            embedding: 9,
        };
        let learning = training_network(&config).unwrap();
        let network = network(&config).unwrap();
        let folded = random_student(&learning).folded(&learning);
        let values_of = |tensors: &[NamedTensor], parameter: &Parameter| {
            let tensor = tensors.iter().find(|tensor| tensor.name == parameter.name).unwrap();
            tensor.values.clone()
        };
        let pixels: Vec<f32> =
            (0..4 * 3072).map(|at| ((at * 37) % 23) as f32 / 11.0 - 1.0).collect();
        let mut student = Student::new(&learning, 8, Device::Cpu).unwrap();
        student.unfold(&learning, &network, &folded, &pixels).unwrap();
        let outputs = |tensors: &[NamedTensor]| -> Vec<f32> {
            let read = |id: ParameterId| {
                Ok::<_, NetworkTrainingError>(values_of(tensors, &network.parameters()[id.index()]))
            };
            let engine = CpuEngine::new(&network, Instructions::best(), read).unwrap();
            engine.forward(4, &pixels).concat()
        };
        let expected = outputs(&folded);
        let found = outputs(&student.folded(&learning));
        let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-4 * largest, "{found} {expected}");
        }
    }
}
