//! What a student has learned, as the network that is used afterwards.

use std::collections::BTreeMap;

use super::student::Student;
use crate::backbone::NamedTensor;
use crate::backbone::network::{Network, Op};

impl Student {
    /// The weights with each batch normalisation folded into the layer before it, which has a bias then: the layer
    /// `conv` of `conv.weight` gets `conv.bias`. With the running statistics, w' = w γ / σ and b' = β − μ γ / σ.
    /// `network` is the one that the student learned with.
    pub fn folded(&self, network: &Network) -> Vec<NamedTensor> {
        let mut tensors: BTreeMap<String, NamedTensor> =
            self.tensors().into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        let name = |at: usize| network.parameters()[at].name.as_str();
        for (at, node) in network.nodes().iter().enumerate() {
            let Op::BatchNorm(norm) = &node.op else { continue };
            let Op::Conv(conv) = &network.nodes()[at - 1].op else { continue };
            let mut take = |at: usize| tensors.remove(name(at)).map_or(Vec::new(), |t| t.values);
            let [gamma, beta, mean, variance] =
                [norm.gamma, norm.beta, norm.mean, norm.variance].map(|id| take(id.index()));
            let rate =
                |at: usize| f64::from(gamma[at]) / (f64::from(variance[at]) + norm.epsilon).sqrt();
            let rates: Vec<f32> = (0..gamma.len()).map(|at| rate(at) as f32).collect();
            let bias = (0..gamma.len()).map(|at| beta[at] - mean[at] * rates[at]).collect();
            let weight = name(conv.weight.index());
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
