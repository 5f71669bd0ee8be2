//! The CPU engine: a network compiled once into steps on maps with their channels last.

mod buffer;
mod compile;
mod convolution;
mod epilogue;
mod feature_map;
mod layer;
mod matrix;
mod plan;
mod pointwise;
mod simd;
mod sliding;
mod winograd;

use std::sync::{Mutex, PoisonError};

use super::network::{Network, ParameterId};
use compile::{Compiler, map};
use feature_map::Map;
use plan::{Memory, Plan};
pub(crate) use simd::Instructions;

/// A network with its weights, compiled for this machine.
pub(crate) struct Engine {
    plan: Plan,
    output: Map,
    instructions: Instructions,
    /// Buffers that no run uses at the moment.
    memory: Mutex<Vec<Memory>>,
}

impl Engine {
    /// Compiles a network; `load` is asked once for each of its weights.
    ///
    /// # Errors
    /// Whatever `load` fails with.
    pub(crate) fn new<E>(
        network: &Network,
        instructions: Instructions,
        load: impl FnMut(ParameterId) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let steps = Compiler::new(network, load).compile()?;
        let maps: Vec<Map> = (0..network.nodes().len()).map(|node| map(network, node)).collect();
        let output = *maps.last().expect("a network has an input");
        let plan = Plan::new(steps, &maps);
        Ok(Self { plan, output, instructions, memory: Mutex::default() })
    }

    /// Runs the network on images of preprocessed pixels, channels last.
    ///
    /// **Shape**: `(n, size, size, 3)` → n × `(d)`.
    pub(crate) fn run(&self, images: usize, pixels: &[f32]) -> Vec<Vec<f32>> {
        let lock = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = lock().pop().unwrap_or_default();
        let result = self.plan.run((images, pixels), &mut memory, self.instructions);
        let maps = result.chunks_exact(self.output.len());
        let outputs = maps.map(|map| self.unblock(map)).collect();
        lock().push(memory);
        outputs
    }

    /// The values of a result in channel, row, column order.
    fn unblock(&self, map: &[f32]) -> Vec<f32> {
        let (pixels, stride) = (self.output.pixels(), self.output.stride);
        let value = |at: usize| map[at % pixels * stride + at / pixels];
        (0..self.output.channels * pixels).map(value).collect()
    }
}
