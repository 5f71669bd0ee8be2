//! Layers that process each value separately.

use super::layer::{DifferentiableLayer, MapBatch, Shape, Trace, Values};

/// A function of one value. Its slope is computed from its result.
pub(super) struct Pointwise {
    pub(super) shape: Shape,
    pub(super) function: Function,
}

#[derive(Clone, Copy)]
pub(super) enum Function {
    Relu,
    Sigmoid,
}

impl DifferentiableLayer for Pointwise {
    fn output(&self) -> Shape {
        self.shape
    }

    fn forward(&self, _: &Values, input: MapBatch<'_>, output: &mut [f32], _: &mut Vec<f32>) {
        let values = output.iter_mut().zip(input.values);
        match self.function {
            Function::Relu => values.for_each(|(y, x)| *y = x.max(0.0)),
            Function::Sigmoid => values.for_each(|(y, x)| *y = 1.0 / (1.0 + (-x).exp())),
        }
    }

    fn backward(&self, _: &Values, trace: &Trace<'_>, input_gradient: &mut [f32], _: &mut Values) {
        let values = input_gradient.iter_mut().zip(trace.output).zip(trace.gradient);
        match self.function {
            Function::Relu => {
                values.for_each(|((dx, &y), dy)| *dx = if y > 0.0 { *dy } else { 0.0 });
            }
            Function::Sigmoid => values.for_each(|((dx, y), dy)| *dx = dy * y * (1.0 - y)),
        }
    }
}
