//! Trains the last stage of a network, with the layers before it frozen.

use candle_core::{Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};

use super::error::NetworkTrainingError;
use crate::engine::{
    BackboneSpec, Device, Engine, EngineError, Executor, Precision, ResolvedDevice, Statistics,
    TensorOptions, load_engine,
};
use crate::network::graph::{Network, Op, Parameter};
use crate::network::preprocessing::Preprocessing;
use crate::network::{NamedTensor, WeightsFile};

/// A network cut before its last stage ([`Network::last_stage`]).
///
/// The trunk is frozen. The stage's weights are variables on candle's tensors. Means and variances
/// of batch normalizations are frozen too: batches of few families would only blur them.
pub struct LastStage {
    preprocessing: Preprocessing,
    input_size: usize,
    trunk: Box<dyn Engine>,
    network: Network,
    stage: Executor,
    device: candle_core::Device,
    /// In the order of the stage's parameters.
    weights: Vec<Weight>,
    optimizer: AdamW,
}

/// A weight of the stage.
enum Weight {
    Trained(Var),
    Frozen(Tensor),
}

impl Weight {
    fn tensor(&self) -> &Tensor {
        match self {
            Self::Trained(variable) => variable.as_tensor(),
            Self::Frozen(tensor) => tensor,
        }
    }
}

impl LastStage {
    /// Loads a network's weights onto a device.
    ///
    /// The trunk and the stage compute in f32, because steps are too small for less.
    ///
    /// # Errors
    /// - As [`crate::engine::Backbone::load`].
    /// - [`NetworkTrainingError::OneStage`] if the network has only one stage.
    pub fn load(
        spec: BackboneSpec<'_>,
        mut file: WeightsFile,
        device: Device,
    ) -> Result<Self, NetworkTrainingError> {
        let BackboneSpec { architecture, preprocessing } = spec;
        let complete = architecture.network()?;
        let last_stage = complete
            .last_stage()
            .ok_or_else(|| NetworkTrainingError::OneStage { architecture: architecture.name() })?;
        let (trunk, network) = complete.split(last_stage);
        let resolved = device.resolve(Precision::F32)?;
        let trunk = load_engine(trunk, &[], &resolved, &mut file)?;
        let options = match resolved {
            ResolvedDevice::Cpu => TensorOptions::CPU,
            ResolvedDevice::Gpu(options) => options,
        };
        let device = options.device.clone();
        let statistics = statistics(&network);
        let mut weights = Vec::new();
        for (i, parameter) in network.parameters().iter().enumerate() {
            let values = file.read(parameter)?;
            let tensor = Tensor::from_vec(values, parameter.shape.as_slice(), &device)?;
            weights.push(match statistics.contains(&i) {
                true => Weight::Frozen(tensor),
                false => Weight::Trained(Var::from_tensor(&tensor)?),
            });
        }
        let tensors = weights.iter().map(|weight| weight.tensor().clone()).collect();
        let stage = Executor::for_training(network.clone(), options, tensors, Statistics::Stored);
        let optimizer = AdamW::new_lr(Vec::new(), 0.0)?;
        let input_size = complete.input_size();
        Ok(Self { preprocessing, input_size, trunk, network, stage, device, weights, optimizer })
    }

    /// Returns the number of values of [`Self::maps`] per face.
    pub fn map_len(&self) -> usize {
        let [channels, height, width] = self.network.nodes()[0].shape;
        self.preprocessing.copies() * channels * height * width
    }

    /// Returns the trunk's output for faces.
    ///
    /// If the preprocessing has `mirror`, it includes the output for their mirror images.
    ///
    /// **Shape**: n × `(size, size, 3)` bytes → `(n, copies, channels, height, width)`.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if the tensor library fails.
    pub fn maps(&self, faces: &[&[u8]]) -> Result<Vec<f32>, EngineError> {
        let pixels = self.preprocessing.pixels(faces, self.input_size);
        let images = faces.len() * self.preprocessing.copies();
        Ok(self.trunk.run(images, pixels)?.concat())
    }

    /// Returns the embeddings of faces from the trunk's `maps`, of unit length.
    ///
    /// **Shape**: `(n, copies, channels, height, width)` → n × `(d)`.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if the tensor library fails.
    pub fn embed(&self, maps: &[f32]) -> Result<Vec<Vec<f32>>, EngineError> {
        Ok(self.embeddings(maps)?.to_vec2()?)
    }

    /// Begins training with `learning_rate`, by Adam with decoupled weight decay (Loshchilov and
    /// Hutter 2019).
    ///
    /// The optimizer's state starts from zero.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if the tensors cannot be allocated.
    pub fn begin(&mut self, learning_rate: f64) -> Result<(), EngineError> {
        let trained = self.weights.iter().filter_map(|weight| match weight {
            Weight::Trained(variable) => Some(variable.clone()),
            Weight::Frozen(_) => None,
        });
        let parameters = ParamsAdamW { lr: learning_rate, ..ParamsAdamW::default() };
        self.optimizer = AdamW::new(trained.collect(), parameters)?;
        Ok(())
    }

    /// Takes one step on the trunk's `maps` of faces, and returns the loss before it.
    ///
    /// `loss` receives the embeddings, n × `(d)`. It returns the loss and its gradient with respect
    /// to them.
    ///
    /// # Errors
    /// - If `loss` fails.
    /// - [`EngineError::Tensor`] if the tensor library fails.
    pub fn improve<E: From<EngineError>>(
        &mut self,
        maps: &[f32],
        loss: impl FnOnce(&[Vec<f32>]) -> Result<(f64, Vec<Vec<f32>>), E>,
    ) -> Result<f64, E> {
        let embeddings = self.embeddings(maps)?;
        let rows = embeddings.to_vec2().map_err(EngineError::Tensor)?;
        let (loss, gradients) = loss(&rows)?;
        self.step(&embeddings, gradients).map_err(EngineError::Tensor)?;
        Ok(loss)
    }

    /// Takes one step along the gradient of the loss with respect to the embeddings.
    fn step(&mut self, embeddings: &Tensor, gradients: Vec<Vec<f32>>) -> candle_core::Result<()> {
        // The gradient of this sum with respect to the weights equals that of the loss.
        let sum = (embeddings * Tensor::new(gradients, &self.device)?)?.sum_all()?;
        self.optimizer.backward_step(&sum)
    }

    /// Returns the stage's weights, named as the network's parameters.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if they cannot be read from the device.
    pub fn tensors(&self) -> Result<Vec<NamedTensor>, EngineError> {
        let mut tensors = Vec::new();
        for (Parameter { name, shape }, weight) in
            self.network.parameters().iter().zip(&self.weights)
        {
            let values = weight.tensor().flatten_all()?.to_vec1()?;
            tensors.push(NamedTensor { name: name.clone(), shape: shape.clone(), values });
        }
        Ok(tensors)
    }

    /// Resumes from weights that [`Self::tensors`] returned.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if they are not those of this stage.
    pub fn restore(&mut self, tensors: Vec<NamedTensor>) -> Result<(), EngineError> {
        for NamedTensor { name, shape, values } in tensors {
            let index = self.network.parameters().iter().position(|known| known.name == name);
            if let Some(Weight::Trained(variable)) = index.map(|i| &self.weights[i]) {
                variable.set(&Tensor::from_vec(values, shape, &self.device)?)?;
            }
        }
        Ok(())
    }

    fn embeddings(&self, maps: &[f32]) -> Result<Tensor, EngineError> {
        let [channels, height, width] = self.network.nodes()[0].shape;
        let images = maps.len() / (channels * height * width);
        let input = Tensor::from_slice(maps, (images, channels, height, width), &self.device)?;
        let rows = unit(&self.stage.run(&input)?.flatten_from(1)?)?;
        let copies = self.preprocessing.copies();
        if copies == 1 {
            return Ok(rows);
        }
        Ok(unit(&rows.reshape((images / copies, copies, ()))?.mean(1)?)?)
    }
}

/// Scales rows to unit length.
fn unit(rows: &Tensor) -> candle_core::Result<Tensor> {
    let lengths = (rows.sqr()?.sum_keepdim(1)? + 1e-12)?.sqrt()?;
    rows.broadcast_div(&lengths)
}

/// Returns the parameter indices of the means and variances.
fn statistics(network: &Network) -> Vec<usize> {
    let mut indices = Vec::new();
    for node in network.nodes() {
        if let Op::BatchNorm(norm) = &node.op {
            indices.extend([norm.mean.index(), norm.variance.index()]);
        }
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Backbone;
    use crate::network::architectures::{
        Architecture, inception_resnet, mobilefacenet, resnet, siamese, vgg16, vggface_lite,
    };
    use crate::network::preprocessing::merge_copies;
    use crate::network::write_safetensors;

    /// A number from −1 to 1 for each index.
    fn value(at: usize) -> f32 {
        let mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// Weights under which values neither vanish nor grow.
    fn weights(network: &Network) -> Vec<NamedTensor> {
        let statistics = statistics(network);
        let tensor = |(at, Parameter { name, shape }): (usize, &Parameter)| {
            let fan_in: usize = shape[1..].iter().product();
            let is_scale = ["var", "gamma", "_bn.weight", ".bn.weight"];
            let middle = f32::from(u8::from(is_scale.iter().any(|end| name.ends_with(end))));
            let width = if shape.len() > 1 { (6.0 / fan_in as f32).sqrt() } else { 0.3 };
            assert!(middle > 0.0 || !statistics.contains(&at) || name.contains("mean"), "{name}");
            let values = (0..shape.iter().product()).map(|v| middle + width * value(1000 * at + v));
            NamedTensor { name: name.clone(), shape: shape.clone(), values: values.collect() }
        };
        network.parameters().iter().enumerate().map(tensor).collect()
    }

    fn architectures() -> Vec<Architecture> {
        let channels = [4, 8, 8, 8, 8];
        let vgg =
            vgg16::Config { input_size: 64, channels, hidden: 12, output: vgg16::Output::Fc7 };
        let residual = resnet::Config { input_size: 64, channels: 16, ..resnet::Config::default() };
        let lite = vggface_lite::Config::default();
        vec![
            Architecture::Vgg16(vgg),
            Architecture::Resnet50(residual.clone()),
            Architecture::Senet50(residual),
            Architecture::InceptionResnetV1(inception_resnet::Config {
                input_size: 90,
                channels: 4,
                embedding: 24,
            }),
            Architecture::MobileFaceNet(mobilefacenet::Config { channels: 12, embedding: 20 }),
            Architecture::Siamese(siamese::Config {
                input_size: 105,
                channels: [4, 8, 8, 12],
                embedding: 40,
            }),
            Architecture::VggfaceLite(vggface_lite::Config { channels, embedding: 16, ..lite }),
        ]
    }

    /// Loads a stage, its complete network, and three faces.
    fn loaded(architecture: &Architecture, mirror: bool) -> (LastStage, Backbone, Vec<Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let network = architecture.network().unwrap();
        write_safetensors(&path, &weights(&network)).unwrap();
        let file = || WeightsFile::new(&path, std::fs::File::open(&path).unwrap()).unwrap();
        let preprocessing = Preprocessing { mirror, ..Preprocessing::SIGNED_UNIT };
        let spec = BackboneSpec { architecture, preprocessing };
        let stage = LastStage::load(spec, file(), Device::Cpu).unwrap();
        let backbone = Backbone::load(spec, file(), Device::Cpu, Precision::F32).unwrap();
        let len = 3 * network.input_size().pow(2);
        let face = |face: usize| {
            (0..len).map(|at| (127.0 + 120.0 * value(len * face + at)) as u8).collect()
        };
        (stage, backbone, (0..3).map(face).collect())
    }

    #[test]
    fn trunk_and_stage_together_are_the_network() {
        for architecture in architectures() {
            for mirror in [false, true] {
                let (stage, backbone, faces) = loaded(&architecture, mirror);
                let faces: Vec<&[u8]> = faces.iter().map(Vec::as_slice).collect();
                let maps = stage.maps(&faces).unwrap();
                assert_eq!(maps.len(), 3 * stage.map_len());
                let found = stage.embed(&maps).unwrap();
                for (found, complete) in found.iter().zip(backbone.embed(&faces).unwrap()) {
                    let complete = merge_copies(&[complete.clone(), complete]);
                    let length = complete.iter().map(|value| value * value).sum::<f32>().sqrt();
                    let apart = found.iter().zip(&complete).map(|(a, b)| (a - b / length).abs());
                    let apart = apart.fold(0.0, f32::max);
                    assert!(apart < 1e-4, "{} {mirror}: {apart}", architecture.name());
                }
            }
        }
    }

    #[test]
    fn restored_stage_has_its_old_output_and_statistics_stay() {
        for architecture in architectures() {
            let (mut stage, _, faces) = loaded(&architecture, true);
            let faces: Vec<&[u8]> = faces.iter().map(Vec::as_slice).collect();
            let maps = stage.maps(&faces).unwrap();
            let before = stage.tensors().unwrap();
            let first = stage.embed(&maps).unwrap();
            stage.begin(1e-3).unwrap();
            // The first face must become as different from the second one as possible.
            let loss = |rows: &[Vec<f32>]| {
                let cosine: f32 = rows[0].iter().zip(&rows[1]).map(|(a, b)| a * b).sum();
                let nothing = vec![0.0; rows[0].len()];
                let slopes = vec![rows[1].clone(), rows[0].clone(), nothing];
                Ok::<_, EngineError>((cosine.into(), slopes))
            };
            let losses: Vec<f64> = (0..4).map(|_| stage.improve(&maps, loss).unwrap()).collect();
            assert!(losses[3] < losses[0], "{} {losses:?}", architecture.name());
            let statistics = statistics(&stage.network);
            for (at, (before, after)) in before.iter().zip(stage.tensors().unwrap()).enumerate() {
                let stays = before.values == after.values;
                assert!(stays || !statistics.contains(&at), "{}", after.name);
            }
            stage.restore(before).unwrap();
            assert_eq!(stage.embed(&maps).unwrap(), first);
        }
    }
}
