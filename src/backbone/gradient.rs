//! Operations on candle's tensors by ways that lead back: candle (0.11.1) has a quarter of the gradient of a 2×2
//! maximum, and runs a depthwise convolution channel by channel.

use candle_core::{Result, Tensor};

use super::network::Window;

/// The largest value of each window of a padded map: `(n, channels, height, width)`.
pub(super) fn max_pool(window: Window, x: &Tensor) -> Result<Tensor> {
    let sides = sides(window, x)?;
    let mut largest = None;
    for place in places(window) {
        let values = seen(window.stride, x, place, sides)?;
        largest = Some(match largest {
            None => values,
            Some(largest) => values.maximum(&largest)?,
        });
    }
    Ok(largest.unwrap_or_else(|| x.clone()))
}

/// A convolution of each channel of a padded map with a kernel of its own, `(channels, 1, height, width)`.
pub(super) fn depthwise(window: Window, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let ([height, width], channels) = (window.kernel, weight.dim(0)?);
    let sides = sides(window, x)?;
    if sides == [1, 1] {
        let product = x.broadcast_mul(&weight.reshape((1, channels, height, width))?)?;
        return product.sum_keepdim(3)?.sum_keepdim(2);
    }
    let mut sum: Option<Tensor> = None;
    for (row, column) in places(window) {
        let factor =
            weight.narrow(2, row, 1)?.narrow(3, column, 1)?.reshape((1, channels, 1, 1))?;
        let product = seen(window.stride, x, (row, column), sides)?.broadcast_mul(&factor)?;
        sum = Some(match sum {
            None => product,
            Some(sum) => (sum + product)?,
        });
    }
    Ok(sum.unwrap_or_else(|| x.clone()))
}

/// Rows and columns of the result.
fn sides(window: Window, x: &Tensor) -> Result<[usize; 2]> {
    let steps = |side: usize, kernel: usize| side.saturating_sub(kernel) / window.stride + 1;
    Ok([steps(x.dim(2)?, window.kernel[0]), steps(x.dim(3)?, window.kernel[1])])
}

/// The places of a window, row by row.
fn places(window: Window) -> impl Iterator<Item = (usize, usize)> {
    let [height, width] = window.kernel;
    (0..height).flat_map(move |row| (0..width).map(move |column| (row, column)))
}

/// What every window sees at one of its places.
fn seen(
    stride: usize,
    x: &Tensor,
    (row, column): (usize, usize),
    [height, width]: [usize; 2],
) -> Result<Tensor> {
    if stride == 1 {
        return x.narrow(2, row, height)?.narrow(3, column, width);
    }
    let every = |first: usize, count: usize| {
        let places: Vec<u32> = (0..count).map(|at| (first + at * stride) as u32).collect();
        Tensor::new(places, x.device())
    };
    x.index_select(&every(row, height)?, 2)?.index_select(&every(column, width)?, 3)
}
