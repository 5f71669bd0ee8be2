//! Pair classifiers, from two embeddings to the log odds of kinship.

use std::collections::BTreeMap;

use candle_core::{D, Tensor};

use super::dropout::Dropout;
use super::product::product;
use super::{HeadConfig, KinshipError, Rows, Space};

/// A pair classifier with its weights.
#[derive(Clone, Debug)]
pub struct Head {
    config: HeadConfig,
    tensors: BTreeMap<String, Tensor>,
}

impl Head {
    /// Creates a head of these weights, for embeddings of `dimension` values.
    ///
    /// # Errors
    /// [`KinshipError::WrongShape`] if a weight is missing or has another shape.
    /// [`KinshipError::NotFinite`] if a weight is not finite.
    /// [`KinshipError::Compute`] if a weight cannot be read.
    pub fn new(
        config: HeadConfig,
        dimension: usize,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, KinshipError> {
        let tensors = config.checked_weights(dimension, tensors)?;
        Ok(Self { config, tensors })
    }

    /// Returns the configuration of the head.
    pub fn config(&self) -> &HeadConfig {
        &self.config
    }

    /// Returns the weights by name.
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    pub(crate) fn tensors_mut(&mut self) -> &mut BTreeMap<String, Tensor> {
        &mut self.tensors
    }

    /// Returns the log odds of kinship of n pairs, not calibrated.
    ///
    /// The score does not depend on the order of the photos.
    ///
    /// **Shape**: `(n, d)` or `(1, d)` for `a`, and `(n, d)` for `b` → `(n)`.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the shapes do not fit.
    pub fn scores(&self, a: &Rows, b: &Rows) -> Result<Vec<f64>, KinshipError> {
        self.compare(&self.project(&a.tensor()?)?, &self.project(&b.tensor()?)?)
    }

    /// Projects embeddings into the head's space, for [`Self::compare`]: `(n, d)` → `(n, p)`.
    pub(crate) fn project(&self, embeddings: &Tensor) -> Result<Tensor, KinshipError> {
        self.projected(embeddings, &mut Dropout::off())
    }

    /// Returns the scores of pairs that are in the head's space.
    pub(crate) fn compare(&self, a: &Tensor, b: &Tensor) -> Result<Vec<f64>, KinshipError> {
        let scores = self.compared(a, b, &mut Dropout::off())?;
        Ok(scores.to_vec1::<f32>()?.into_iter().map(f64::from).collect())
    }

    /// Returns the scores of pairs of embeddings as a tensor with its computation graph.
    pub(crate) fn logits(
        &self,
        a: &Tensor,
        b: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<Tensor, KinshipError> {
        self.compared(&self.project(a)?, &self.project(b)?, dropout)
    }

    fn compared(
        &self,
        a: &Tensor,
        b: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<Tensor, KinshipError> {
        let a = if a.dim(0)? == b.dim(0)? { a } else { &a.repeat((b.dim(0)?, 1))? };
        let (even, odd) = self.first_layer(a, b, dropout)?;
        let Some(odd) = odd else { return self.further_layers(even, dropout) };
        // The other order turns the sign of the odd part. The mean of both orders does not depend
        // on the order.
        let logits = self.further_layers((&even + &odd)?, dropout)?;
        Ok(((logits + self.further_layers((even - odd)?, dropout)?)? * 0.5)?)
    }

    /// Returns whether two heads compare the embeddings of one backbone in the same space.
    pub(crate) fn shares_space(&self, other: &Self) -> Result<bool, KinshipError> {
        if self.config.space != other.config.space {
            return Ok(false);
        }
        for (name, a) in self.tensors.iter().filter(|(name, _)| name.starts_with("space.")) {
            let Some(b) = other.tensors.get(name) else { return Ok(false) };
            if a.dims() != b.dims()
                || a.flatten_all()?.to_vec1::<f32>()? != b.flatten_all()?.to_vec1::<f32>()?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Folds the linear mixing layers into the linear layer behind them.
    ///
    /// The scores do not change. Inference does not need separate layers.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if a tensor cannot be allocated.
    pub(crate) fn folded(mut self) -> Result<Self, KinshipError> {
        let Some(width) = self.config.mix.take() else { return Ok(self) };
        let mut blocks = Vec::new();
        for i in 0..self.config.fusions.len() {
            let block = self.tensors["dense.0.weight"].narrow(1, i * width, width)?;
            if let Some(mixing) = self.tensors.remove(&format!("mix.{i}.weight")) {
                blocks.push(block.contiguous()?.matmul(&mixing)?);
            }
        }
        self.tensors.insert("dense.0.weight".into(), Tensor::cat(&blocks, 1)?);
        Ok(self)
    }

    /// As [`Self::project`], with dropout, as a tensor with its computation graph.
    pub(crate) fn projected(
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

    /// Returns the outputs of the first layer behind the fusions, split by symmetry.
    ///
    /// The first tensor is the output for the symmetric fusions, with the bias. The second one is
    /// for the fusions that change their sign with the order of the photos. Both orders then cost
    /// one product, and no features are concatenated.
    fn first_layer(
        &self,
        a: &Tensor,
        b: &Tensor,
        dropout: &mut Dropout,
    ) -> Result<(Tensor, Option<Tensor>), KinshipError> {
        let weight = &self.tensors["dense.0.weight"];
        let mut even = None;
        let mut odd = None;
        let mut column = 0;
        for (i, fusion) in self.config.fusions.iter().enumerate() {
            let features = fusion.apply(a, b)?;
            let features = match self.config.mix {
                Some(_) => self.linear(&format!("mix.{i}"), &features)?,
                None => features,
            };
            let width = features.dim(1)?;
            let block = weight.narrow(1, column, width)?;
            column += width;
            let term = product(&dropout.features(features)?, &block)?;
            let sum: &mut Option<Tensor> = if fusion.is_symmetric() { &mut even } else { &mut odd };
            *sum = Some(match sum.take() {
                Some(sum) => (sum + term)?,
                None => term,
            });
        }
        let bias = &self.tensors["dense.0.bias"];
        let even = match even {
            Some(even) => even.broadcast_add(bias)?,
            None => bias.broadcast_as((b.dim(0)?, bias.dim(0)?))?,
        };
        Ok((even, odd))
    }

    /// Returns the logits of pairs from the outputs of their first layer, `(n, outputs)` → `(n)`.
    fn further_layers(&self, first: Tensor, dropout: &mut Dropout) -> Result<Tensor, KinshipError> {
        let mut values = first;
        for i in 1..=self.config.hidden.len() {
            let hidden = dropout.hidden(values.relu()?)?;
            values = self.linear(&format!("dense.{i}"), &hidden)?;
        }
        Ok(values.squeeze(1)?)
    }

    fn linear(&self, name: &str, input: &Tensor) -> Result<Tensor, KinshipError> {
        let product = product(input, &self.tensors[&format!("{name}.weight")])?;
        Ok(match self.tensors.get(&format!("{name}.bias")) {
            Some(bias) => product.broadcast_add(bias)?,
            None => product,
        })
    }
}

/// Scales rows to the length √p, so that a value is about 1.
fn scaled(rows: &Tensor) -> Result<Tensor, KinshipError> {
    let norms = (rows.sqr()?.mean_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    Ok(rows.broadcast_div(&norms)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinship::Fusion;
    use crate::train::{KinRows, KinSpace, Recipe};

    fn rows(seed: usize) -> Rows {
        let value = |i: usize| ((i * 37 + seed * 101) % 97) as f32 / 48.0 - 1.0;
        let values: Vec<f32> = (0..40 * 6).map(value).collect();
        Rows::from_values(values, 6).unwrap()
    }

    /// Every feature side by side, through every layer.
    fn layer_by_layer(head: &Head, a: &Tensor, b: &Tensor) -> Tensor {
        let mut features: Vec<Tensor> = Vec::new();
        for (i, fusion) in head.config.fusions.iter().enumerate() {
            let fused = fusion.apply(a, b).unwrap();
            features.push(match head.config.mix {
                Some(_) => head.linear(&format!("mix.{i}"), &fused).unwrap(),
                None => fused,
            });
        }
        let mut values = head.linear("dense.0", &Tensor::cat(&features, 1).unwrap()).unwrap();
        for i in 1..=head.config.hidden.len() {
            values = head.linear(&format!("dense.{i}"), &values.relu().unwrap()).unwrap();
        }
        values.squeeze(1).unwrap()
    }

    #[test]
    fn a_score_is_the_mean_of_both_orders_through_every_layer() {
        let kin = KinRows { first: rows(1), second: rows(2), weights: vec![1.0; 40] };
        let space = &KinSpace::fit(&kin, &[0.5]).unwrap()[0];
        let mut recipes: Vec<Recipe> = Recipe::NAMES
            .into_iter()
            .filter_map(Recipe::named)
            .chain(Recipe::named(Recipe::COSINE))
            .collect();
        let mut only_odd = recipes[1].clone();
        only_odd.head.fusions = vec![Fusion::Difference];
        recipes.push(only_odd);
        for recipe in recipes {
            let head = recipe.head(space, 3).unwrap();
            let [a, b] =
                [rows(3), rows(4)].map(|rows| head.project(&rows.tensor().unwrap()).unwrap());
            let both = (layer_by_layer(&head, &a, &b) + layer_by_layer(&head, &b, &a)).unwrap();
            let expected: Vec<f32> = (both * 0.5).unwrap().to_vec1().unwrap();
            let scores = head.scores(&rows(3), &rows(4)).unwrap();
            for (score, expected) in scores.iter().zip(expected) {
                let apart = (score - f64::from(expected)).abs();
                assert!(apart < 1e-5 * (1.0 + score.abs()), "{}: {apart}", recipe.name);
            }
        }
    }

    #[test]
    fn a_head_with_its_mixing_layers_folded_gives_the_same_scores() {
        let kin = KinRows { first: rows(1), second: rows(2), weights: vec![1.0; 40] };
        let space = &KinSpace::fit(&kin, &[0.5]).unwrap()[0];
        let head = Recipe::named("inception").unwrap().head(space, 3).unwrap();
        let folded = head.clone().folded().unwrap();
        assert!(folded.tensors.keys().all(|name| !name.starts_with("mix.")));
        let [separate, folded] =
            [&head, &folded].map(|head| head.scores(&rows(3), &rows(4)).unwrap());
        for (a, b) in separate.iter().zip(folded) {
            assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
        }
    }
}
