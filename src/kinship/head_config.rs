//! Configuration of a pair classifier, and the shapes of its weights.

use std::collections::BTreeMap;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{Fusion, KinshipError};

/// Configuration of a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadConfig {
    /// Space in which the embeddings are compared.
    pub space: Space,
    /// Fusions of two embeddings; their features are concatenated.
    pub fusions: Vec<Fusion>,
    /// Width of the linear layer of each fusion, without bias, before the features are joined.
    #[serde(default)]
    pub mix: Option<usize>,
    /// Widths of the layers with ReLU before the last one, which has one output.
    #[serde(default)]
    pub hidden: Vec<usize>,
}

/// Spaces in which embeddings are compared.
///
/// Every space is scaled so that a value is about 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Space {
    /// Embedding space of the backbone.
    Backbone,
    /// Axes along which kin are correlated ([`crate::train::KinSpace`]).
    Correlated,
    /// Projection with kin near each other and others apart, trained by contrast and normalized.
    ///
    /// It is the sum of a linear projection and of one hidden layer with ReLU.
    Contrastive,
}

/// Width of the hidden layer of a contrastive space.
const CONTRASTIVE_WIDTH: usize = 256;

impl HeadConfig {
    /// Returns the plain regression: `[a∘b, (a − b)²]` of the unprojected embeddings.
    pub fn regression() -> Self {
        Self {
            space: Space::Backbone,
            fusions: vec![Fusion::Product, Fusion::SquaredDifference],
            mix: None,
            hidden: Vec::new(),
        }
    }

    /// Returns names and shapes of the weights for embeddings of `dimension` values.
    ///
    /// A linear layer is `(outputs, inputs)`. `axes` is the dimension of the head's space. It does
    /// not count in the backbone's own space.
    pub fn shapes(&self, dimension: usize, axes: usize) -> Vec<(String, Vec<usize>)> {
        let mut shapes = Vec::new();
        if self.space != Space::Backbone {
            shapes.extend(layer("space", axes, dimension));
        }
        if self.space == Space::Contrastive {
            shapes.extend(layer("space.hidden", CONTRASTIVE_WIDTH, dimension));
            shapes.push(weight("space.bend", axes, CONTRASTIVE_WIDTH));
        }
        let width = if self.space == Space::Backbone { dimension } else { axes };
        let mut inputs = 0;
        for (i, fusion) in self.fusions.iter().enumerate() {
            let fused = fusion.width(width);
            if let Some(mix) = self.mix {
                shapes.push(weight(&format!("mix.{i}"), mix, fused));
            }
            inputs += self.mix.unwrap_or(fused);
        }
        for (i, &outputs) in self.hidden.iter().chain(&[1]).enumerate() {
            shapes.extend(layer(&format!("dense.{i}"), outputs, inputs));
            inputs = outputs;
        }
        shapes
    }

    /// Returns the weights of a head. Other tensors are left out.
    pub(super) fn checked_weights(
        &self,
        dimension: usize,
        mut tensors: BTreeMap<String, Tensor>,
    ) -> Result<BTreeMap<String, Tensor>, KinshipError> {
        let axes = dims(&tensors, "space.bias").first().copied().unwrap_or(0);
        let shapes = self.shapes(dimension, axes);
        for (name, expected) in &shapes {
            check_weight(&tensors, name, expected)?;
        }
        tensors.retain(|name, _| shapes.iter().any(|(known, _)| known == name));
        Ok(tensors)
    }
}

/// Returns names and shapes of a linear layer with bias.
fn layer(name: &str, outputs: usize, inputs: usize) -> [(String, Vec<usize>); 2] {
    [weight(name, outputs, inputs), (format!("{name}.bias"), vec![outputs])]
}

/// Returns name and shape of the weight of a linear layer.
fn weight(name: &str, outputs: usize, inputs: usize) -> (String, Vec<usize>) {
    (format!("{name}.weight"), vec![outputs, inputs])
}

/// Returns the shape of a weight, empty if the weight is missing.
fn dims(tensors: &BTreeMap<String, Tensor>, name: &str) -> Vec<usize> {
    tensors.get(name).map(|tensor| tensor.dims().to_vec()).unwrap_or_default()
}

/// Checks that a weight has the expected shape, and only finite values.
fn check_weight(
    tensors: &BTreeMap<String, Tensor>,
    name: &str,
    expected: &[usize],
) -> Result<(), KinshipError> {
    let found = dims(tensors, name);
    if found != expected || expected.contains(&0) {
        return Err(KinshipError::WrongShape {
            name: name.to_owned(),
            expected: expected.to_vec(),
            found,
        });
    }
    let sum = tensors[name].abs()?.sum_all()?.to_scalar::<f32>()?;
    match sum.is_finite() {
        true => Ok(()),
        false => Err(KinshipError::NotFinite { name: name.to_owned() }),
    }
}
