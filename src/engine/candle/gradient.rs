//! Operations on candle's tensors in differentiable forms.
//!
//! candle (0.11.1) returns a quarter of the gradient of a 2×2 maximum. It runs a depthwise
//! convolution channel by channel. The gradients of any other convolution take long on a CPU.

use candle_core::{Device, Result, Tensor};

use crate::network::graph::Window;

/// Computes the maximum of each window of a padded map: `(n, channels, height, width)`.
pub(super) fn max_pool(window: Window, x: &Tensor) -> Result<Tensor> {
    let sides = sides(window, x)?;
    let mut largest = None;
    for position in positions(window) {
        let values = values_at(window.stride, x, position, sides)?;
        largest = Some(match largest {
            None => values,
            Some(largest) => values.maximum(&largest)?,
        });
    }
    Ok(largest.unwrap_or_else(|| x.clone()))
}

/// Convolves a padded map with a kernel `(out, channels, height, width)`, as one matrix product.
pub(super) fn convolution(window: Window, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let images = x.dim(0)?;
    let out = weight.dim(0)?;
    let sides = sides(window, x)?;
    let values = positions(window).map(|position| values_at(window.stride, x, position, sides));
    // One row per result pixel: the values under its window, with all channels of a window position
    // contiguous.
    let rows = Tensor::cat(&values.collect::<Result<Vec<_>>>()?, 1)?.permute((0, 2, 3, 1))?;
    let weight = weight.permute((0, 2, 3, 1))?.flatten_from(1)?;
    let product = rows.contiguous()?.flatten_to(2)?.matmul(&weight.t()?)?;
    product.reshape((images, sides[0], sides[1], out))?.permute((0, 3, 1, 2))?.contiguous()
}

/// Convolves each channel of a padded map with its own kernel, `(channels, 1, height, width)`.
pub(super) fn depthwise(window: Window, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let [height, width] = window.kernel;
    let channels = weight.dim(0)?;
    let sides = sides(window, x)?;
    if sides == [1, 1] {
        let product = x.broadcast_mul(&weight.reshape((1, channels, height, width))?)?;
        return product.sum_keepdim(3)?.sum_keepdim(2);
    }
    let mut sum: Option<Tensor> = None;
    for [row, column] in positions(window) {
        let factor =
            weight.narrow(2, row, 1)?.narrow(3, column, 1)?.reshape((1, channels, 1, 1))?;
        let product = values_at(window.stride, x, [row, column], sides)?.broadcast_mul(&factor)?;
        sum = Some(match sum {
            None => product,
            Some(sum) => (sum + product)?,
        });
    }
    Ok(sum.unwrap_or_else(|| x.clone()))
}

/// Returns the rows and columns of the result.
fn sides(window: Window, x: &Tensor) -> Result<[usize; 2]> {
    let [kernel_height, kernel_width] = window.kernel;
    let height = x.dim(2)?.saturating_sub(kernel_height) / window.stride + 1;
    let width = x.dim(3)?.saturating_sub(kernel_width) / window.stride + 1;
    Ok([height, width])
}

/// Iterates over the positions in a window, `[row, column]`, row by row.
fn positions(window: Window) -> impl Iterator<Item = [usize; 2]> {
    let [height, width] = window.kernel;
    (0..height).flat_map(move |row| (0..width).map(move |column| [row, column]))
}

/// Returns the values of every window at one of its positions.
fn values_at(
    stride: usize,
    x: &Tensor,
    [row, column]: [usize; 2],
    [height, width]: [usize; 2],
) -> Result<Tensor> {
    if stride == 1 {
        return x.narrow(2, row, height)?.narrow(3, column, width);
    }
    let rows = strided_indices(x.device(), row, height, stride)?;
    let columns = strided_indices(x.device(), column, width, stride)?;
    x.index_select(&rows, 2)?.index_select(&columns, 3)
}

/// Returns `count` indices from `first`, `stride` apart.
fn strided_indices(device: &Device, first: usize, count: usize, stride: usize) -> Result<Tensor> {
    let indices: Vec<u32> = (0..count).map(|i| (first + i * stride) as u32).collect();
    Tensor::new(indices, device)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Var};

    use super::*;
    use crate::engine::candle::{Executor, Statistics};
    use crate::engine::device::TensorOptions;
    use crate::network::graph::{Builder, ConvShape, Network, Window};

    /// A network with every layer of a possible last stage, on 12 × 12 pixels.
    fn everything() -> Network {
        let mut net = Builder::new("everything", 12);
        let norm =
            |name: &str| ["gamma", "beta", "mean", "var"].map(|part| format!("{name}.{part}"));
        let x = net.input();
        let x = net.conv(x, "first", ConvShape::dense(6, Window::same(3, 3)));
        let x = net.batch_norm(x, norm("first"), 1e-3);
        let x = net.prelu(x, "slopes");
        let x = net.conv(x, "depthwise", ConvShape::depthwise(6, Window::same(3, 3)));
        let y = net.conv(x, "halving", ConvShape::depthwise(6, Window::square(3, 2, 1)));
        let z = net.conv(
            x,
            "grouped",
            ConvShape { out: 6, groups: 2, window: Window::square(3, 2, 1) },
        );
        let x = net.add(y, z);
        let x = net.relu(x);
        let x = net.max_pool(x, Window { after: [1, 1], ..Window::square(3, 2, 0) });
        let x = net.conv(x, "pool", ConvShape::depthwise(6, Window::square(3, 1, 0)));
        let x = net.batch_norm(x, norm("pool"), 1e-3);
        let x = net.linear(x, "last", 4);
        net.bias(x, "last.bias");
        net.finish().unwrap()
    }

    /// A number from −1 to 1 for each index.
    fn value(at: usize) -> f64 {
        let mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn tensor(shape: &[usize], from: usize, middle: f64) -> Tensor {
        let count: usize = shape.iter().product();
        let values: Vec<f64> = (from..from + count).map(|at| middle + 0.7 * value(at)).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn the_gradient_of_every_weight_is_its_slope() {
        let network = everything();
        let parameters = network.parameters().to_vec();
        let positive =
            |name: &str| f64::from(u8::from(name.ends_with("var") || name.ends_with("gamma")));
        let variable = |(at, parameter): (usize, &crate::network::graph::Parameter)| {
            Var::from_tensor(&tensor(&parameter.shape, 1000 * at, positive(&parameter.name)))
                .unwrap()
        };
        let variables: Vec<Var> = parameters.iter().enumerate().map(variable).collect();
        let weights = variables.iter().map(|variable| variable.as_tensor().clone()).collect();
        let options = TensorOptions { device: Device::Cpu, dtype: DType::F64 };
        let stage = Executor::for_training(network, options, weights, Statistics::Stored);
        let input = tensor(&[3, 3, 12, 12], 77, 0.0);
        let pull = tensor(&[3, 4, 1, 1], 99, 0.0);
        let loss = || (stage.run(&input).unwrap() * &pull).unwrap().sum_all().unwrap();
        let gradients = loss().backward().unwrap();
        for (variable, parameter) in variables.iter().zip(&parameters) {
            let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f64>().unwrap();
            let gradient = flat(gradients.get(variable).unwrap());
            let values = flat(variable);
            let largest = gradient.iter().fold(1e-3_f64, |a, b| a.max(b.abs()));
            for at in (0..values.len()).step_by(values.len().div_ceil(9)) {
                let nearby = |step: f64| {
                    let mut moved = values.clone();
                    moved[at] += step;
                    let moved = Tensor::from_vec(moved, variable.shape(), &Device::Cpu).unwrap();
                    variable.set(&moved).unwrap();
                    loss().to_scalar::<f64>().unwrap()
                };
                let slope = (nearby(1e-6) - nearby(-1e-6)) / 2e-6;
                nearby(0.0);
                let apart = (slope - gradient[at]).abs() / largest;
                assert!(apart < 1e-4, "{}[{at}]: {} is {slope}", parameter.name, gradient[at]);
            }
        }
    }
}
