//! Heads before training.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::kin_space::KinSpace;
use crate::kinship::{Fusion, Head, HeadConfig, KinshipError, Space};

impl Head {
    /// Creates a head to train, with random layers by `seed`.
    ///
    /// Weights are uniform within √(6 / inputs) (He et al. 2015), and those of the last layer
    /// within a tenth of that. The space consists of the axes along which kin are correlated. A
    /// contrastive space starts as the backbone's own space.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be allocated.
    pub fn initial(config: &HeadConfig, space: &KinSpace, seed: u64) -> Result<Self, KinshipError> {
        let dimension = space.mean.len();
        let mut tensors = match config.space {
            Space::Backbone => BTreeMap::new(),
            Space::Correlated => projection(space.axes.clone(), &space.mean)?,
            Space::Contrastive => {
                let identity = (0..dimension * dimension)
                    .map(|i| f32::from(u8::from(i / dimension == i % dimension)));
                projection(identity.collect(), &space.mean)?
            }
        };
        let axes = tensors.get("space.bias").map_or(Ok(0), |bias: &Tensor| bias.dim(0))?;
        let start = match config.fusions.as_slice() {
            _ if !config.hidden.is_empty() => None,
            // A cosine is a score without training. Every difference is evidence against kinship.
            [Fusion::Cosine] => Some(1.0),
            [Fusion::AbsoluteDifference] => Some(-0.03),
            _ => None,
        };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let last = format!("dense.{}.weight", config.hidden.len());
        for (name, shape) in config.shapes(dimension, axes) {
            if tensors.contains_key(&name) {
                continue;
            }
            let bound = match shape.as_slice() {
                _ if name == "space.bend.weight" => 0.0,
                [_, inputs] => (6.0 / *inputs as f32).sqrt() * if name == last { 0.1 } else { 1.0 },
                _ => 0.0,
            };
            let count: usize = shape.iter().product();
            let values: Vec<f32> = match start.filter(|_| name == last) {
                Some(start) => vec![start; count],
                None => (0..count).map(|_| bound * random.random_range(-1.0..1.0_f32)).collect(),
            };
            tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        Self::new(config.clone(), dimension, tensors)
    }

    /// Creates the head that outputs the log likelihood ratio of kin against strangers.
    ///
    /// Both embeddings are taken as Gaussian ([`KinSpace`]). The head has no layer to train.
    ///
    /// The score is the sum over the axes of
    /// −½ ln(1 − ρ²) + ρ ab / (1 − ρ²) − ρ² (a² + b²) / 2 (1 − ρ²).
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be allocated.
    pub fn likelihood_ratio(space: &KinSpace) -> Result<Self, KinshipError> {
        // In this space, a is represented by a · factor · √ρ.
        let factor = f64::from(space.factor).powi(2);
        let correlations: Vec<f64> = space.correlations.iter().map(|&rho| f64::from(rho)).collect();
        let squares = correlations.iter().map(|rho| -rho / (2.0 * factor * (1.0 - rho * rho)));
        let products = correlations.iter().map(|rho| 1.0 / (factor * (1.0 - rho * rho)));
        let weights: Vec<f32> = squares.chain(products).map(|weight| weight as f32).collect();
        let bias: f64 = correlations.iter().map(|rho| -0.5 * (1.0 - rho * rho).ln()).sum();
        let mut tensors = projection(space.axes.clone(), &space.mean)?;
        let weights = Tensor::from_vec(weights, (1, 2 * space.width()), &Device::Cpu)?;
        tensors.insert("dense.0.weight".into(), weights);
        tensors.insert("dense.0.bias".into(), Tensor::new(&[bias as f32], &Device::Cpu)?);
        let fusions = vec![Fusion::SumOfSquares, Fusion::Product];
        let config =
            HeadConfig { space: Space::Correlated, fusions, mix: None, hidden: Vec::new() };
        Self::new(config, space.mean.len(), tensors)
    }
}

impl Head {
    /// Creates a head of one linear layer. The weights are in the order of its features.
    pub(crate) fn from_linear_layer(
        config: HeadConfig,
        dimension: usize,
        weights: &[f64],
        intercept: f64,
    ) -> Result<Self, KinshipError> {
        let values: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
        let weights = Tensor::from_vec(values, (1, weights.len()), &Device::Cpu)?;
        let bias = Tensor::new(&[intercept as f32], &Device::Cpu)?;
        let tensors = [("dense.0.weight".into(), weights), ("dense.0.bias".into(), bias)];
        Self::new(config, dimension, BTreeMap::from(tensors))
    }
}

/// Returns the linear layer that projects onto `axes`, `(p, d)`, from `mean`, `(d)`.
fn projection(axes: Vec<f32>, mean: &[f32]) -> Result<BTreeMap<String, Tensor>, KinshipError> {
    let bias: Vec<f32> = axes
        .chunks_exact(mean.len())
        .map(|axis| -axis.iter().zip(mean).map(|(axis, mean)| axis * mean).sum::<f32>())
        .collect();
    let weight = Tensor::from_vec(axes, (bias.len(), mean.len()), &Device::Cpu)?;
    let bias = Tensor::new(bias, &Device::Cpu)?;
    Ok(BTreeMap::from([("space.weight".into(), weight), ("space.bias".into(), bias)]))
}
