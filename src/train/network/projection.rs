//! Extension of a trained network's embedding by more values.

use super::student::SHARD;
use super::vector::dot;
use crate::engine::cpu::{CpuEngine, Instructions};
use crate::network::graph::{NodeId, Op};
use crate::network::import::ImportedWeights;
use crate::network::preprocessing::Preprocessing;
use crate::network::{NamedTensor, NetworkError};

/// The last, linear layer of a trained network. `engine` runs the layers before it.
pub struct Projection {
    input_size: usize,
    preprocessing: Preprocessing,
    engine: CpuEngine,
    tensors: Vec<NamedTensor>,
    /// Indices of the layer's tensors.
    weight: usize,
    bias: usize,
}

/// Directions in the input space of a projection.
pub struct Axes<'a> {
    /// Their origin, `(k)`.
    pub origin: &'a [f32],
    /// The axes, `(p, k)`.
    pub values: &'a [f32],
}

impl Projection {
    /// Creates the projection of a network. Its last layer must be linear and have a bias.
    ///
    /// # Errors
    /// [`NetworkError::BadConfig`] if the last layer is another one.
    pub fn new(imported: ImportedWeights) -> Result<Self, NetworkError> {
        let ImportedWeights { architecture, preprocessing, tensors, .. } = imported;
        let network = architecture.network()?;
        let last = network.nodes().last();
        let Some((&Op::Linear { weight, bias: Some(bias) }, &[input])) =
            last.map(|node| (&node.op, node.inputs.as_slice()))
        else {
            let reason = "its last layer is not a linear one with a bias".to_owned();
            return Err(NetworkError::BadConfig { architecture: architecture.name(), reason });
        };
        // The tensors are in the order of the network's parameters.
        let inputs: &[NodeId] = &[input];
        let engine = CpuEngine::with_maps(&network, inputs, Instructions::best(), |id| {
            Ok::<_, NetworkError>(tensors[id.index()].values.clone())
        })?;
        let weight = weight.index();
        let bias = bias.index();
        let input_size = network.input_size();
        Ok(Self { input_size, preprocessing, engine, tensors, weight, bias })
    }

    /// Returns the side of the network's input faces, in pixels.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// Returns the layer's inputs for faces, `(size, size, 3)` bytes each: n × `(k)`.
    pub fn inputs(&self, faces: &[&[u8]]) -> Vec<Vec<f32>> {
        let mut inputs = Vec::new();
        for batch in faces.chunks(SHARD) {
            let pixels = self.preprocessing.pixels(batch, self.input_size);
            let images = batch.len() * self.preprocessing.copies();
            inputs.extend(self.engine.forward_with_maps(images, &pixels).1.swap_remove(0));
        }
        inputs
    }

    /// Returns the network's weights with a projection onto these axes appended to its own.
    ///
    /// Both projections are scaled. `inputs` are the [`Self::inputs`] of some faces. Of the mean
    /// squared output for them, the new projection has the share `share`, 0 to 1.
    pub fn with_axes(
        mut self,
        axes: &Axes<'_>,
        inputs: &[Vec<f32>],
        share: f32,
    ) -> Vec<NamedTensor> {
        let [weight, bias] =
            [self.weight, self.bias].map(|i| std::mem::take(&mut self.tensors[i].values));
        let old = Affine { weight, bias };
        let shifts =
            axes.values.chunks_exact(axes.origin.len()).map(|axis| -dot(axis, axes.origin));
        let new = Affine { weight: axes.values.to_vec(), bias: shifts.collect() };
        for (layer, share) in [(old, 1.0 - share), (new, share)] {
            let scale = share.sqrt() / layer.length(inputs);
            self.tensors[self.bias].values.extend(layer.bias.iter().map(|value| scale * value));
            self.tensors[self.weight].values.extend(layer.weight.iter().map(|value| scale * value));
        }
        let rows = self.tensors[self.bias].values.len();
        for i in [self.weight, self.bias] {
            self.tensors[i].shape[0] = rows;
        }
        self.tensors
    }
}

/// A linear layer, `(p, k)`, with its bias, `(p)`.
struct Affine {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Affine {
    /// Returns the root of the mean squared length of its outputs for `inputs`, above 0.
    fn length(&self, inputs: &[Vec<f32>]) -> f32 {
        let total: f32 = inputs.iter().map(|input| self.squared_length(input)).sum();
        (total / inputs.len() as f32).sqrt().max(1e-12)
    }

    fn squared_length(&self, input: &[f32]) -> f32 {
        let rows = self.weight.chunks_exact(input.len()).zip(&self.bias);
        rows.map(|(row, bias)| (dot(row, input) + bias).powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::architectures::{Architecture, vggface_lite};
    use crate::network::import::{Checkpoint, Format, import_weights};
    use std::path::Path;

    const SIDE: usize = 32;

    fn projection(values: impl Fn(usize) -> f32) -> Projection {
        let config = vggface_lite::Config {
            input_size: SIDE,
            depths: [1; 5],
            channels: [4, 5, 6, 7, 8],
            embedding: 3,
        };
        let tensor = |(at, parameter): (usize, &crate::network::graph::Parameter)| {
            let count: usize = parameter.shape.iter().product();
            let name = parameter.name.clone();
            let shape = parameter.shape.clone();
            NamedTensor { name, shape, values: (0..count).map(|i| values(at + 31 * i)).collect() }
        };
        let network = vggface_lite::network(&config).unwrap();
        let tensors = network.parameters().iter().enumerate().map(tensor).collect();
        let checkpoint = Checkpoint { format: Format::Safetensors, tensors };
        Projection::new(import_weights(Path::new("any"), checkpoint, "vggface-lite").unwrap())
            .unwrap()
    }

    #[test]
    fn axes_add_their_share_and_leave_other_directions() {
        let value = |at: usize| ((at * 37) % 23) as f32 / 40.0 - 0.25;
        let faces: Vec<Vec<u8>> = (0..6)
            .map(|face| (0..3 * SIDE * SIDE).map(|at| (at * (face + 3) % 251) as u8).collect())
            .collect();
        let faces: Vec<&[u8]> = faces.iter().map(Vec::as_slice).collect();
        let inputs = projection(value).inputs(&faces);
        assert_eq!((inputs.len(), inputs[0].len()), (6, 8));
        let origin = inputs[0].clone();
        let values: Vec<f32> = (0..16).map(|at| value(at + 5)).collect();
        let before = projection(value);
        let [weights, bias] =
            [before.weight, before.bias].map(|at| before.tensors[at].values.clone());
        let axes = Axes { origin: &origin, values: &values };
        let after = before.with_axes(&axes, &inputs, 0.25);
        let found = |name: &str| after.iter().find(|tensor| tensor.name == name).unwrap();
        let weight = found("projection.weight");
        let shift = found("projection.bias");
        assert_eq!((weight.shape.as_slice(), shift.shape.as_slice()), (&[5, 8][..], &[5][..]));
        let outputs = |input: &Vec<f32>| -> Vec<f32> {
            let rows = weight.values.chunks(8).zip(&shift.values);
            rows.map(|(row, bias)| dot(row, input) + bias).collect()
        };
        let squares = |rows: std::ops::Range<usize>| -> f32 {
            let square = |input| outputs(input)[rows.clone()].iter().map(|x| x * x).sum::<f32>();
            inputs.iter().map(square).sum::<f32>() / 6.0
        };
        assert!((squares(0..3) - 0.75).abs() < 1e-4 && (squares(3..5) - 0.25).abs() < 1e-4);
        // The origin is the point with values of 0 along the axes.
        assert!(outputs(&inputs[0])[3..].iter().all(|value| value.abs() < 1e-4));
        let ratio = weight.values[0] / weights[0];
        let pairs = weights.iter().zip(&weight.values).chain(bias.iter().zip(&shift.values));
        assert!(pairs.into_iter().all(|(old, scaled)| (ratio * old - scaled).abs() < 1e-5));
    }

    #[test]
    fn a_network_that_does_not_end_in_a_linear_layer_has_no_projection() {
        let config = crate::network::architectures::siamese::Config::default();
        let architecture = Architecture::Siamese(config);
        let preprocessing = architecture.preprocessing();
        let origin = String::new();
        let tensors = Vec::new();
        let unused = Vec::new();
        let imported = ImportedWeights { architecture, preprocessing, origin, tensors, unused };
        assert!(Projection::new(imported).is_err());
    }
}
