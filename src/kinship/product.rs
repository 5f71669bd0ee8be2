//! Product of a linear layer.

use candle_core::{CpuStorage, CustomOp2, DType, Error, Layout, Result, Shape, Tensor};

use crate::linalg::matrix::{Matrix, MatrixMut};

/// Returns x Wᵀ: `(n, k)` and `(m, k)` → `(n, m)`.
///
/// It runs on the calling thread, by [`Matrix`]. Products of a few hundred rows are too small to
/// share. candle's own product queries the system for the number of cores each time. The query
/// takes longer than most of these products (candle-core 0.11.1). Values that are not 32-bit floats
/// are multiplied by candle.
///
/// # Errors
/// If the widths differ.
pub(super) fn product(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    match x.dtype() {
        DType::F32 => x.contiguous()?.apply_op2(weight, LinearProduct),
        _ => x.matmul(&weight.t()?),
    }
}

struct LinearProduct;

impl CustomOp2 for LinearProduct {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = x_layout.shape().dims2()?;
        let (columns, expected) = weight_layout.shape().dims2()?;
        if width != expected {
            let lhs = x_layout.shape().clone();
            let rhs = weight_layout.shape().clone();
            return Err(Error::ShapeMismatchBinaryOp { lhs, rhs, op: self.name() });
        }
        let mut product = vec![0.0; rows * columns];
        if width > 0 && !product.is_empty() {
            let x = matrix(x, x_layout)?;
            let weight = matrix(weight, weight_layout)?;
            x.multiply_into(weight.transposed(), MatrixMut::new(&mut product, columns));
        }
        Ok((CpuStorage::F32(product), (rows, columns).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        // With g the gradient of the loss with respect to the product: g W, and gᵀ x.
        let by_x = product(gradient, &weight.t()?.contiguous()?)?;
        let by_weight = product(&gradient.t()?, &x.t()?.contiguous()?)?;
        Ok((Some(by_x), Some(by_weight)))
    }
}

/// Returns a matrix view of a tensor with contiguous rows.
fn matrix<'a>(values: &'a CpuStorage, layout: &Layout) -> Result<Matrix<'a>> {
    let shape = layout.shape().dims2()?;
    let stride = layout.stride();
    let values = values.as_slice::<f32>()?;
    if stride[1] != 1 && shape.1 != 1 {
        return Err(Error::RequiresContiguous { op: "product" });
    }
    Ok(Matrix::in_rows(&values[layout.start_offset()..], shape.0, shape.1, stride[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn product_and_gradients_equal_those_of_candle() {
        let values = |count: usize| (0..count).map(|i| (i * 37 % 23) as f32 / 11.0 - 1.0);
        let tensor = |rows: usize, columns: usize| {
            let values: Vec<f32> = values(rows * columns).collect();
            Var::from_tensor(&Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap())
        };
        let (x, all) = (tensor(7, 5).unwrap(), tensor(3, 12).unwrap());
        // A block of columns of a wider layer, as each of several fusions has.
        let weight = all.narrow(1, 4, 5).unwrap();
        let ours = product(&x, &weight).unwrap();
        let candles = x.matmul(&weight.t().unwrap()).unwrap();
        let near = |a: &Tensor, b: &Tensor| {
            assert_eq!(a.dims(), b.dims());
            let apart = (a - b).unwrap().abs().unwrap().max_all().unwrap();
            assert!(apart.to_scalar::<f32>().unwrap() < 1e-5, "{a} {b}");
        };
        near(&ours, &candles);
        let gradients = |product: &Tensor| product.sqr().unwrap().backward().unwrap();
        let ours = gradients(&ours);
        let candles = gradients(&candles);
        for var in [&x, &all] {
            near(ours.get(var).unwrap(), candles.get(var).unwrap());
        }
    }

    #[test]
    fn different_widths_are_refused_and_empty_products_are_empty() {
        let tensor = |shape: (usize, usize)| {
            Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap()
        };
        assert!(product(&tensor((2, 3)), &tensor((2, 4))).is_err());
        assert!(product(&tensor((2, 3)), &tensor((2, 2))).is_err());
        assert_eq!(product(&tensor((0, 3)), &tensor((2, 3))).unwrap().dims(), [0, 2]);
    }
}
