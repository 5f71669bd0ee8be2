//! The engine: a compiled network with its memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::compile::Compiler;
use super::feature_map::{Map, node_map};
use super::plan::{ExecutionPlan, ExecutionStep, Memory};
use super::simd::Instructions;
use crate::engine::error::EngineError;
use crate::engine::interface::{Engine, Maps};
use crate::network::graph::{Network, NodeId, ParameterId};

/// A network with its weights, compiled for this machine.
pub(crate) struct CpuEngine {
    plan: ExecutionPlan,
    /// Shape of the result, per node.
    maps: Vec<Map>,
    /// Nodes with results that [`Self::forward_with_maps`] returns.
    map_nodes: Vec<usize>,
    instructions: Instructions,
    /// Buffers that no run uses at the moment.
    memory: Mutex<Vec<Memory>>,
}

impl CpuEngine {
    /// Compiles a network. `load` is called once for each of its weights.
    ///
    /// # Errors
    /// Any error of `load`.
    pub(crate) fn new<E>(
        network: &Network,
        instructions: Instructions,
        load: impl FnMut(ParameterId) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        Self::with_maps(network, &[], instructions, load)
    }

    /// As [`Self::new`], for an engine that also returns the maps of some nodes.
    ///
    /// Not every node's map is stored. For each of `nodes` it is the last stored one at or before
    /// it.
    ///
    /// # Errors
    /// Any error of `load`.
    pub(crate) fn with_maps<E>(
        network: &Network,
        nodes: &[NodeId],
        instructions: Instructions,
        load: impl FnMut(ParameterId) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let steps = Compiler::new(network, load).compile()?;
        let maps: Vec<Map> =
            (0..network.nodes().len()).map(|node| node_map(network, node)).collect();
        let map_nodes: Vec<usize> =
            nodes.iter().filter_map(|id| last_stored_node(&steps, id.index())).collect();
        let plan = ExecutionPlan::new(steps, &maps, &map_nodes);
        Ok(Self { plan, maps, map_nodes, instructions, memory: Mutex::default() })
    }

    /// Runs the network on images of preprocessed pixels, channels last.
    ///
    /// **Shape**: `(n, size, size, 3)` → n × `(d)`.
    pub(crate) fn forward(&self, images: usize, pixels: &[f32]) -> Vec<Vec<f32>> {
        self.results(&[self.maps.len() - 1], images, pixels).swap_remove(0)
    }

    /// As [`Self::forward`], and returns the maps of the nodes of [`Self::with_maps`].
    ///
    /// **Shape** of the maps: per node n × `(channels, height, width)`.
    pub(crate) fn forward_with_maps(&self, images: usize, pixels: &[f32]) -> (Vec<Vec<f32>>, Maps) {
        let nodes: Vec<usize> =
            self.map_nodes.iter().copied().chain([self.maps.len() - 1]).collect();
        let mut results = self.results(&nodes, images, pixels);
        (results.pop().unwrap_or_default(), results)
    }

    /// Returns the values per node and image, in channel, row, column order.
    fn results(&self, nodes: &[usize], images: usize, pixels: &[f32]) -> Vec<Vec<Vec<f32>>> {
        let mut memory = self.lock_memory().pop().unwrap_or_default();
        // The code stays in the pool from the first step to the last: entering it for each step
        // costs more than some steps.
        let results = rayon::scope(|_| {
            self.plan.run(images, pixels, &mut memory, self.instructions);
            nodes.iter().map(|&node| self.unblocked_result(&memory, node, images)).collect()
        });
        self.lock_memory().push(memory);
        results
    }

    fn lock_memory(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a node's values per image, in channel, row, column order.
    fn unblocked_result(&self, memory: &Memory, node: usize, images: usize) -> Vec<Vec<f32>> {
        let map = self.maps[node];
        let result = self.plan.result(memory, node, images);
        result.chunks_exact(map.len()).map(|values| unblock(map, values)).collect()
    }
}

impl Engine for CpuEngine {
    fn run_with_maps(
        &self,
        images: usize,
        pixels: Vec<f32>,
    ) -> Result<(Vec<Vec<f32>>, Maps), EngineError> {
        Ok(self.forward_with_maps(images, &pixels))
    }
}

/// Returns the last node at or before `node` with a stored result.
fn last_stored_node(steps: &[ExecutionStep], node: usize) -> Option<usize> {
    (0..=node).rev().find(|&node| steps.iter().any(|step| step.output == node))
}

/// Returns the values of a map in channel, row, column order.
fn unblock(map: Map, values: &[f32]) -> Vec<f32> {
    let pixels = map.pixels();
    let stride = map.stride;
    (0..map.channels * pixels).map(|i| values[i % pixels * stride + i / pixels]).collect()
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::engine::candle::Executor;
    use crate::engine::device::TensorOptions;
    use crate::network::architectures::{inception_resnet, mobilefacenet, resnet, siamese, vgg16};
    use crate::network::graph::{Builder, ConvShape, Parameter, Window};

    /// A number from −1 to 1 for each call.
    fn random(seed: u64) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        }
    }

    /// Weights under which values neither vanish nor grow, and batch statistics that matter.
    fn weights(parameter: &Parameter) -> Vec<f32> {
        let name = &parameter.name;
        let mut random = random(name.bytes().map(u64::from).sum());
        let fan_in: usize = parameter.shape[1..].iter().product();
        let len = parameter.shape.iter().product();
        if is_positive(name) {
            return (0..len).map(|_| 1.0 + 0.5 * random()).collect();
        }
        let scale = if parameter.shape.len() == 1 { 0.3 } else { (6.0 / fan_in as f32).sqrt() };
        (0..len).map(|_| scale * random()).collect()
    }

    fn is_positive(name: &str) -> bool {
        ["var", "gamma", "_bn.weight", ".bn.weight"].iter().any(|end| name.ends_with(end))
    }

    /// A network with every operation, also in positions outside a convolution.
    fn everything() -> Network {
        let mut net = Builder::new("everything", 41);
        let norm =
            |name: &str| ["gamma", "beta", "mean", "var"].map(|part| format!("{name}_{part}"));
        let x = net.input();
        let window = Window { before: [2, 2], after: [3, 3], ..Window::square(7, 2, 0) };
        let x = net.conv(x, "stem", ConvShape::dense(20, window));
        let x = net.batch_norm(x, norm("stem"), 1e-3);
        let x = net.relu(x);
        let pooled = net.max_pool(x, Window { after: [1, 1], ..Window::square(3, 2, 0) });
        let x = net.conv(pooled, "first", ConvShape::dense(70, Window::square(3, 1, 0)));
        let x = net.bias(x, "first_bias");
        let x = net.prelu(x, "first_slopes");
        let rows = net.conv(x, "rows", ConvShape::dense(12, Window::same(1, 7)));
        let columns = net.conv(x, "columns", ConvShape::dense(9, Window::same(7, 1)));
        let x = net.concat(&[rows, columns, rows]);
        let x = net.batch_norm(x, norm("after"), 1e-5);
        let wide = net.conv(x, "wide", ConvShape::dense(33, Window::same(3, 3)));
        let means = net.global_average_pool(wide);
        let gates = net.linear(means, "gates", 33);
        let gates = net.bias(gates, "gates_bias");
        let gates = net.sigmoid(gates);
        let gated = net.gate(wide, gates);
        let x = net.add(gated, x);
        let x = net.relu(x);
        let y = net.conv(x, "depthwise", ConvShape::depthwise(33, Window::square(3, 2, 1)));
        let x = net.conv(x, "strided", ConvShape::dense(33, Window::square(1, 2, 0)));
        let y = net.scale(y, 0.5);
        let x = net.add(x, y);
        let x = net.prelu(x, "slopes");
        let x = net.linear(x, "out", 50);
        net.batch_norm(x, norm("out"), 1e-5);
        net.finish().unwrap()
    }

    fn networks() -> Vec<(&'static str, Network)> {
        let vgg = |output| vgg16::Config {
            input_size: 96,
            channels: [4, 8, 20, 36, 68],
            hidden: 50,
            output,
        };
        let residual = |input_size, padding| {
            let config =
                resnet::Config { input_size, channels: 16, padding, ..resnet::Config::default() };
            resnet::Config { projection: Some(24), ..config }
        };
        let inception = inception_resnet::Config { input_size: 90, channels: 4, embedding: 24 };
        let twin = siamese::Config { input_size: 105, channels: [4, 8, 8, 12], embedding: 40 };
        let mobile = mobilefacenet::Config { channels: 12, embedding: 20 };
        vec![
            ("everything", everything()),
            ("vgg16", vgg16::network(&vgg(vgg16::Output::Fc7)).unwrap()),
            ("vgg16 pooled", vgg16::network(&vgg(vgg16::Output::Pooled)).unwrap()),
            ("resnet50", resnet::resnet50(&residual(96, resnet::Padding::Caffe)).unwrap()),
            ("senet50", resnet::senet50(&residual(90, resnet::Padding::Keras)).unwrap()),
            ("inception_resnet_v1", inception_resnet::network(&inception).unwrap()),
            ("mobilefacenet", mobilefacenet::network(&mobile).unwrap()),
            ("siamese", siamese::network(&twin).unwrap()),
        ]
    }

    fn by_candle(network: &Network, images: usize, pixels: &[f32]) -> Vec<Vec<f32>> {
        let size = network.input_size();
        let load = |parameter: &Parameter| Ok::<_, candle_core::Error>(weights(parameter));
        let executor = Executor::load(network.clone(), TensorOptions::CPU, load).unwrap();
        let input = Tensor::from_slice(pixels, (images, size, size, 3), &Device::Cpu).unwrap();
        let last: Vec<NodeId> = network.ids().last().into_iter().collect();
        executor.forward(&input, &last).unwrap()[0].flatten_from(1).unwrap().to_vec2().unwrap()
    }

    fn by_engine(network: &Network, instructions: Instructions) -> CpuEngine {
        let load = |id: ParameterId| Ok::<_, ()>(weights(&network.parameters()[id.index()]));
        CpuEngine::new(network, instructions, load).unwrap()
    }

    #[test]
    fn the_engine_equals_candle_with_all_instructions() {
        for (name, network) in networks() {
            let mut random = random(7);
            let len = 3 * network.input_size().pow(2);
            let pixels: Vec<f32> = (0..3 * len).map(|_| random()).collect();
            let expected = by_candle(&network, 3, &pixels);
            for instructions in Instructions::available() {
                let found = by_engine(&network, instructions).forward(3, &pixels);
                for (found, expected) in found.iter().zip(&expected) {
                    let largest = expected.iter().fold(0.0, |max: f32, value| max.max(value.abs()));
                    let errors = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
                    let error = errors.fold(0.0, f32::max) / largest;
                    assert!(largest > 0.1 && error < 1e-4, "{name} {instructions:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn an_image_has_the_same_result_alone_and_in_any_batch() {
        for (name, network) in networks() {
            let engine = by_engine(&network, Instructions::best());
            let mut random = random(8);
            let len = 3 * network.input_size().pow(2);
            let pixels: Vec<f32> = (0..7 * len).map(|_| random()).collect();
            let together = engine.forward(7, &pixels);
            for (image, result) in together.iter().enumerate() {
                let alone = engine.forward(1, &pixels[image * len..][..len]);
                assert_eq!(alone[0], *result, "{name}, image {image}");
            }
        }
    }
}
