//! Pair classifiers: two embeddings to the log odds of kinship.

use std::collections::BTreeMap;

use candle_core::{D, Tensor};
use serde::{Deserialize, Serialize};

use super::dropout::Dropout;
use super::{Fusion, KinshipError, Rows};

/// What a head is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadConfig {
    /// Where the embeddings are compared.
    pub space: Space,
    /// How two become one, side by side.
    pub fusions: Vec<Fusion>,
    /// Width of a linear layer of its own for each fusion, without bias, before they are joined.
    #[serde(default)]
    pub mix: Option<usize>,
    /// Widths of the layers with ReLU before the last one, which has one output.
    #[serde(default)]
    pub hidden: Vec<usize>,
}

/// Where embeddings are compared. Every space is scaled so that a value is about 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Space {
    /// Where the backbone puts them.
    Backbone,
    /// The axes along which kin are correlated ([`super::KinSpace`]).
    Correlated,
    /// A projection in which kin are near each other and others are not, learned by contrast and normalised: linear,
    /// and beside it bent by one hidden layer with ReLU.
    Contrastive,
}

/// Width of the hidden layer that bends a contrastive space.
const BEND: usize = 256;

/// A pair classifier with its weights.
#[derive(Clone, Debug)]
pub struct Head {
    config: HeadConfig,
    tensors: BTreeMap<String, Tensor>,
}

impl HeadConfig {
    /// Names and shapes of the weights for embeddings of `dimension` values. A linear layer is `(outputs, inputs)`.
    pub fn shapes(&self, dimension: usize, axes: usize) -> Vec<(String, Vec<usize>)> {
        let mut shapes = Vec::new();
        let mut linear = |name: &str, shape: [usize; 2], has_bias: bool| {
            shapes.push((format!("{name}.weight"), shape.to_vec()));
            if has_bias {
                shapes.push((format!("{name}.bias"), vec![shape[0]]));
            }
        };
        let width = if self.space == Space::Backbone { dimension } else { axes };
        if self.space != Space::Backbone {
            linear("space", [axes, dimension], true);
        }
        if self.space == Space::Contrastive {
            linear("space.hidden", [BEND, dimension], true);
            linear("space.bend", [axes, BEND], false);
        }
        let mut inputs = 0;
        for (at, fusion) in self.fusions.iter().enumerate() {
            let fused = fusion.width(width);
            if let Some(mix) = self.mix {
                linear(&format!("mix.{at}"), [mix, fused], false);
            }
            inputs += self.mix.unwrap_or(fused);
        }
        for (at, &outputs) in self.hidden.iter().chain(&[1]).enumerate() {
            linear(&format!("dense.{at}"), [outputs, inputs], true);
            inputs = outputs;
        }
        shapes
    }
}

impl Head {
    /// A head of these weights, for embeddings of `dimension` values.
    ///
    /// # Errors
    /// When a weight is missing, has another shape, or is not finite.
    pub fn new(
        config: HeadConfig,
        dimension: usize,
        mut tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, KinshipError> {
        let dims = |name: &str| tensors.get(name).map(|tensor| tensor.dims().to_vec());
        let axes = dims("space.bias").and_then(|dims| dims.first().copied()).unwrap_or(0);
        let shapes = config.shapes(dimension, axes);
        for (name, expected) in &shapes {
            let found = dims(name).unwrap_or_default();
            if found != *expected || expected.contains(&0) {
                let (name, expected) = (name.clone(), expected.clone());
                return Err(KinshipError::WrongShape { name, expected, found });
            }
            let sum = tensors[name].abs()?.sum_all()?.to_scalar::<f32>()?;
            if !sum.is_finite() {
                return Err(KinshipError::NotFinite { name: name.clone() });
            }
        }
        tensors.retain(|name, _| shapes.iter().any(|(known, _)| known == name));
        Ok(Self { config, tensors })
    }

    /// What the head is made of.
    pub fn config(&self) -> &HeadConfig {
        &self.config
    }

    /// Its weights by name.
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    pub(super) fn tensors_mut(&mut self) -> &mut BTreeMap<String, Tensor> {
        &mut self.tensors
    }

    /// The log odds of kinship of n pairs, not calibrated: `(n, d)` and `(n, d)` → `(n)`; `a` may be `(1, d)`, one
    /// photo against n. The same in both orders of the photos.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn scores(&self, a: &Rows, b: &Rows) -> Result<Vec<f64>, KinshipError> {
        self.compare(&self.project(a)?, &self.project(b)?)
    }

    /// Embeddings in the head's space, for [`Self::compare`]: `(n, d)` → `(n, p)`.
    pub(super) fn project(&self, embeddings: &Rows) -> Result<Rows, KinshipError> {
        Ok(Rows(self.projected(&embeddings.0, &mut Dropout::off())?))
    }

    /// The scores of pairs that are in the head's space.
    pub(super) fn compare(&self, a: &Rows, b: &Rows) -> Result<Vec<f64>, KinshipError> {
        let scores = self.compared(&a.0, &b.0, &mut Dropout::off())?;
        Ok(scores.to_vec1::<f32>()?.into_iter().map(f64::from).collect())
    }

    /// The same as a tensor that knows how it came about.
    pub(super) fn logits(
        &self,
        a: &Tensor,
        b: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<Tensor, KinshipError> {
        let projected = |rows: &Tensor| self.projected(rows, &mut Dropout::off());
        self.compared(&projected(a)?, &projected(b)?, dropout)
    }

    fn compared(
        &self,
        a: &Tensor,
        b: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<Tensor, KinshipError> {
        let a = if a.dim(0)? == b.dim(0)? { a } else { &a.repeat((b.dim(0)?, 1))? };
        let logits = self.ordered_logits(a, b, dropout)?;
        if self.config.fusions.iter().all(|fusion| fusion.is_symmetric()) {
            return Ok(logits);
        }
        // The mean of both orders has no order.
        Ok(((logits + self.ordered_logits(b, a, dropout)?)? * 0.5)?)
    }

    /// Whether two heads for the embeddings of one backbone compare them in the same space.
    pub(super) fn shares_space(&self, other: &Self) -> Result<bool, KinshipError> {
        if self.config.space != other.config.space {
            return Ok(false);
        }
        for (name, own) in self.tensors.iter().filter(|(name, _)| name.starts_with("space.")) {
            let Some(others) = other.tensors.get(name) else { return Ok(false) };
            if own.dims() != others.dims()
                || own.flatten_all()?.to_vec1::<f32>()? != others.flatten_all()?.to_vec1::<f32>()?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// [`Self::project`] as a tensor that knows how it came about.
    pub(super) fn projected(
        &self,
        embeddings: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<Tensor, KinshipError> {
        Ok(match self.config.space {
            Space::Backbone => scaled(embeddings)?,
            Space::Correlated => self.linear("space", embeddings)?,
            Space::Contrastive => {
                let hidden = self.linear("space.hidden", embeddings)?.relu()?;
                let bent = self.linear("space.bend", &dropout.hidden(hidden)?)?;
                scaled(&(self.linear("space", embeddings)? + bent)?)?
            }
        })
    }

    fn ordered_logits(
        &self,
        a: &Tensor,
        b: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<Tensor, KinshipError> {
        let mut fused = Vec::new();
        for (at, fusion) in self.config.fusions.iter().enumerate() {
            let features = fusion.apply(a, b)?;
            fused.push(match self.config.mix {
                Some(_) => self.linear(&format!("mix.{at}"), &features)?,
                None => features,
            });
        }
        let mut values = dropout.features(Tensor::cat(&fused, 1)?)?;
        for at in 0..self.config.hidden.len() {
            values = dropout.hidden(self.linear(&format!("dense.{at}"), &values)?.relu()?)?;
        }
        let last = self.linear(&format!("dense.{}", self.config.hidden.len()), &values)?;
        Ok(last.squeeze(1)?)
    }

    fn linear(&self, name: &str, input: &Tensor) -> Result<Tensor, KinshipError> {
        let product = input.matmul(&self.tensors[&format!("{name}.weight")].t()?)?;
        Ok(match self.tensors.get(&format!("{name}.bias")) {
            Some(bias) => product.broadcast_add(bias)?,
            None => product,
        })
    }
}

/// Rows of the length √p, so that a value is about 1.
fn scaled(rows: &Tensor) -> Result<Tensor, KinshipError> {
    let norms = (rows.sqr()?.mean_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    Ok(rows.broadcast_div(&norms)?)
}
