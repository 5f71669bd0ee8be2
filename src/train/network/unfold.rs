//! Conversion of a trained network to a student, for further training.

use candle_core::{D, Device, Tensor};

use super::student::Student;
use crate::engine::{EngineError, Executor, TensorOptions};
use crate::network::NamedTensor;
use crate::network::graph::{BatchNorm, Network, Op, Parameter};

/// A batch normalization, and the name of its bias in the folded network.
struct Pair {
    norm: BatchNorm,
    bias: String,
}

impl Student {
    /// Takes over the weights of a trained network with folded normalizations ([`Student::folded`]).
    ///
    /// Each normalization gets scales and shifts that make the student's output equal to the network's. They are
    /// computed from the statistics of `pixels`, `(n, size, size, 3)` preprocessed. `learning` is the student's network
    /// in training.
    pub(super) fn unfold(
        &mut self,
        learning: &Network,
        network: &Network,
        weights: &[NamedTensor],
        pixels: &[f32],
    ) -> Result<(), EngineError> {
        let value = |name: &str| weights.iter().find(|own| own.name == name).map(|own| &own.values);
        for (parameter, values) in self.parameters.iter().zip(&mut self.values) {
            if let Some(folded) = value(&parameter.name) {
                values.clone_from(folded);
            }
        }
        let pairs = pairs(learning);
        let is_biased = |op: &Op, name: &str| match op {
            Op::Conv(conv) => {
                conv.bias.is_some_and(|bias| network.parameters()[bias.index()].name == name)
            }
            _ => false,
        };
        let place = |pair: &Pair| {
            network.ids().find(|id| is_biased(&network.nodes()[id.index()].op, &pair.bias))
        };
        let places: Vec<_> = pairs.iter().filter_map(place).collect();
        let side = network.input_size();
        let shape = (pixels.len() / (side * side * 3), side, side, 3);
        let input = Tensor::from_slice(pixels, shape, &Device::Cpu)?;
        let read = |parameter: &Parameter| {
            Ok::<_, EngineError>(value(&parameter.name).cloned().unwrap_or_default())
        };
        let executor = Executor::load(network.clone(), TensorOptions::CPU, read)?;
        let maps = executor.forward(&input, &places)?;
        for (Pair { norm, bias }, map) in pairs.iter().zip(maps) {
            let channels = map.transpose(0, 1)?.flatten_from(1)?;
            let means: Vec<f32> = channels.mean(D::Minus1)?.to_vec1()?;
            let variances: Vec<f32> = channels.var(D::Minus1)?.to_vec1()?;
            let biases = value(bias).map_or(&[][..], Vec::as_slice);
            let scale = |variance: &f32| (variance + norm.epsilon as f32).sqrt();
            self.values[norm.gamma.index()] = variances.iter().map(scale).collect();
            self.values[norm.mean.index()] =
                means.iter().zip(biases).map(|(mean, bias)| mean - bias).collect();
            self.values[norm.beta.index()] = means;
            self.values[norm.variance.index()] = variances;
        }
        Ok(())
    }
}

fn pairs(learning: &Network) -> Vec<Pair> {
    let nodes = learning.nodes();
    let parameters = learning.parameters();
    let pair = |at: usize| {
        let (Op::BatchNorm(norm), Op::Conv(conv)) = (&nodes[at].op, &nodes[at.checked_sub(1)?].op)
        else {
            return None;
        };
        let weight = parameters[conv.weight.index()].name.trim_end_matches(".weight");
        Some(Pair { norm: norm.clone(), bias: format!("{weight}.bias") })
    };
    (0..nodes.len()).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Device;
    use crate::engine::cpu::{CpuEngine, Instructions};
    use crate::network::architectures::vggface_lite::{Config, network, training_network};
    use crate::network::graph::ParameterId;
    use crate::train::network::fold::learned_by_chance;

    #[test]
    fn what_is_folded_and_unfolded_says_the_same() {
        let config = Config {
            input_size: 32,
            depths: [1, 2, 1, 1, 1],
            channels: [4, 5, 6, 7, 8],
            embedding: 9,
        };
        let learning = training_network(&config).unwrap();
        let network = network(&config).unwrap();
        let folded = learned_by_chance(&learning).folded(&learning);
        let of = |tensors: &[NamedTensor], parameter: &Parameter| {
            let tensor = tensors.iter().find(|tensor| tensor.name == parameter.name).unwrap();
            tensor.values.clone()
        };
        let pixels: Vec<f32> =
            (0..4 * 3072).map(|at| ((at * 37) % 23) as f32 / 11.0 - 1.0).collect();
        let mut student = Student::new(&learning, 8, Device::Cpu).unwrap();
        student.unfold(&learning, &network, &folded, &pixels).unwrap();
        let says = |tensors: &[NamedTensor]| -> Vec<f32> {
            let read = |id: ParameterId| {
                Ok::<_, EngineError>(of(tensors, &network.parameters()[id.index()]))
            };
            let engine = CpuEngine::new(&network, Instructions::best(), read).unwrap();
            engine.forward(4, &pixels).concat()
        };
        let expected = says(&folded);
        let found = says(&student.folded(&learning));
        let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-4 * largest, "{found} {expected}");
        }
    }
}
