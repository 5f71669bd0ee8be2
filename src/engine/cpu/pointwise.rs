//! Layers with little computation: means, gates, concatenations.

use rayon::prelude::*;

use super::buffer::Target;
use super::epilogue::Epilogue;
use super::feature_map::Map;
use super::layer::{Call, Residual};
use super::simd::{Kernel, Simd};

/// Computes the mean of each channel of maps of shape `input`.
pub(super) fn average(input: Map, call: Call<'_>) {
    let maps = call.inputs[0].par_chunks_exact(input.len());
    call.output.par_chunks_exact_mut(input.stride).zip(maps).for_each(|(means, map)| {
        means.fill(0.0);
        for pixel in map.chunks_exact(input.stride) {
            means.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
        means.iter_mut().for_each(|sum| *sum /= input.pixels() as f32);
    });
}

/// Concatenates the channels of several maps.
pub(super) fn concatenate(parts: &[Map], output: Map, call: Call<'_>) {
    let Call { inputs, output: to, .. } = call;
    to.par_chunks_exact_mut(output.stride).enumerate().for_each(|(pixel, to)| {
        let mut start = 0;
        for (part, from) in parts.iter().zip(inputs) {
            let from = &from[pixel * part.stride..][..part.channels];
            to[start..start + part.channels].copy_from_slice(from);
            start += part.channels;
        }
        to[start..].fill(0.0);
    });
}

/// Multiplies each channel by its gate. Inputs are maps of shape `map` and one vector of gates per
/// image.
pub(super) fn gate(map: Map, epilogue: &Epilogue, call: Call<'_>) {
    let residual = call.residual();
    let Call { images, inputs, output, instructions, .. } = call;
    let output = Target::new(output);
    (0..images * map.height).into_par_iter().with_min_len(4).for_each(|row| {
        instructions.dispatch(GatedRow { map, epilogue, inputs, row, output, residual });
    });
}

struct GatedRow<'a> {
    map: Map,
    epilogue: &'a Epilogue,
    inputs: &'a [&'a [f32]],
    row: usize,
    output: Target,
    residual: Residual,
}

impl Kernel for GatedRow<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Map { height, width, stride, .. } = self.map;
        let line = self.row * width * stride;
        let gates = &self.inputs[1][self.row / height * stride..][..stride];
        let values = &self.inputs[0][line..][..width * stride];
        for at in (0..values.len()).step_by(S::LANES) {
            let channel = at % stride;
            // SAFETY: channels are full vectors, and only this thread uses a row.
            unsafe {
                let gate = simd.load(gates[channel..].as_ptr());
                let value = simd.mul(simd.load(values[at..].as_ptr()), gate);
                let to = line + at;
                let value = self.epilogue.apply(simd, value, channel, self.residual.at(to));
                simd.store(self.output.at(to, S::LANES), value);
            }
        }
    }
}
