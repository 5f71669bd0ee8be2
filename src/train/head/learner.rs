//! Training of a head's weights by gradient steps.

use candle_core::backprop::GradStore;
use candle_core::{D, Device, Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};
use serde::{Deserialize, Serialize};

use crate::kinship::{Dropout, Head, KinshipError, Rows};

/// Hyperparameters of a head's training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    /// Step size of Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    pub learning_rate: f64,
    /// Share of a weight that a step of size 1 removes.
    pub weight_decay: f64,
    /// Dropout rate of the fused features, 0 to 1.
    pub feature_dropout: f32,
    /// Dropout rate of the hidden values, 0 to 1.
    pub hidden_dropout: f32,
}

/// Temperature τ of the contrastive loss.
const TEMPERATURE: f64 = 0.08;

/// A head in training, with its optimizer and dropout.
pub struct Learner {
    head: Head,
    optimizer: AdamW,
    dropout: Dropout,
}

/// Loss and its gradient.
///
/// The gradient is with respect to the embeddings of both sides, n × `(d)` each.
pub struct EmbeddingGradients {
    /// Loss, in nats.
    pub loss: f64,
    /// Gradient with respect to the first photos.
    pub a: Vec<Vec<f32>>,
    /// Gradient with respect to the second photos.
    pub b: Vec<Vec<f32>>,
}

impl Learner {
    /// Creates a learner that trains the space of a head by [`Self::contrast`].
    ///
    /// Training starts from the current weights.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be allocated.
    pub fn of_space(
        head: &Head,
        hyperparameters: &Hyperparameters,
        seed: u64,
    ) -> Result<Self, KinshipError> {
        Self::new(head, hyperparameters, seed, |name| name.starts_with("space."))
    }

    /// Creates a learner that trains the layers behind a head's space by [`Self::classify`].
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be allocated.
    pub fn of_layers(
        head: &Head,
        hyperparameters: &Hyperparameters,
        seed: u64,
    ) -> Result<Self, KinshipError> {
        Self::new(head, hyperparameters, seed, |name| !name.starts_with("space."))
    }

    fn new(
        head: &Head,
        hyperparameters: &Hyperparameters,
        seed: u64,
        is_trained: impl Fn(&str) -> bool,
    ) -> Result<Self, KinshipError> {
        let mut head = head.clone();
        let mut variables = Vec::new();
        for (name, tensor) in head.tensors_mut() {
            if is_trained(name) {
                let variable = Var::from_tensor(tensor)?;
                *tensor = variable.as_tensor().clone();
                variables.push(variable);
            }
        }
        let parameters = ParamsAdamW {
            lr: hyperparameters.learning_rate,
            weight_decay: hyperparameters.weight_decay,
            ..ParamsAdamW::default()
        };
        let optimizer = AdamW::new(variables, parameters)?;
        let dropout =
            Dropout::new(hyperparameters.feature_dropout, hyperparameters.hidden_dropout, seed);
        Ok(Self { head, optimizer, dropout })
    }

    /// Returns a copy of the head in its current state.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the tensors cannot be allocated.
    pub fn head(&self) -> Result<Head, KinshipError> {
        let mut head = self.head.clone();
        for tensor in head.tensors_mut().values_mut() {
            *tensor = tensor.detach().copy()?;
        }
        Ok(head)
    }

    /// Returns the step size.
    pub fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    /// Changes the step size.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.optimizer.set_learning_rate(learning_rate);
    }

    /// Takes one step on n pairs with the labels `is_kin`.
    ///
    /// Returns the mean binary cross-entropy before the step, in nats.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the numbers of photos and labels differ.
    pub fn classify(&mut self, a: &Rows, b: &Rows, is_kin: &[bool]) -> Result<f64, KinshipError> {
        let loss = self.cross_entropy(&a.tensor()?, &b.tensor()?, is_kin)?;
        self.optimizer.backward_step(&loss)?;
        Ok(loss.to_scalar::<f32>()?.into())
    }

    /// As [`Self::classify`], for embeddings that are trained, too.
    ///
    /// Returns the loss with its gradient with respect to the embeddings.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the numbers of photos and labels differ.
    pub fn classify_with_gradients(
        &mut self,
        a: &Rows,
        b: &Rows,
        is_kin: &[bool],
    ) -> Result<EmbeddingGradients, KinshipError> {
        let a = Var::from_tensor(&a.tensor()?)?;
        let b = Var::from_tensor(&b.tensor()?)?;
        let loss = self.cross_entropy(a.as_tensor(), b.as_tensor(), is_kin)?;
        let gradients = loss.backward()?;
        self.optimizer.step(&gradients)?;
        Ok(EmbeddingGradients {
            loss: loss.to_scalar::<f32>()?.into(),
            a: gradient_rows(&gradients, &a)?,
            b: gradient_rows(&gradients, &b)?,
        })
    }

    fn cross_entropy(
        &mut self,
        a: &Tensor,
        b: &Tensor,
        is_kin: &[bool],
    ) -> Result<Tensor, KinshipError> {
        let logits = self.head.logits(a, b, &mut self.dropout)?;
        let labels: Vec<f32> = is_kin.iter().map(|&is_kin| f32::from(u8::from(is_kin))).collect();
        cross_entropy(&logits, &Tensor::new(labels, &Device::Cpu)?)
    }

    /// Takes one step on n kin pairs of n families.
    ///
    /// The loss draws every photo nearer to its kin than to the n − 1 of other families (InfoNCE,
    /// van den Oord, Li and Vinyals 2018). Returns the loss before the step, in nats.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if the numbers of photos differ.
    pub fn contrast(&mut self, a: &Rows, b: &Rows) -> Result<f64, KinshipError> {
        let a = self.projected(a)?;
        let b = self.projected(b)?;
        // Projected rows have the length √p.
        let scale = 1.0 / TEMPERATURE / a.dim(1)? as f64;
        let similarity = (a.matmul(&b.t()?)? * scale)?;
        let loss = ((diagonal_cross_entropy(&similarity)?
            + diagonal_cross_entropy(&similarity.t()?.contiguous()?)?)?
            * 0.5)?;
        self.optimizer.backward_step(&loss)?;
        Ok(loss.to_scalar::<f32>()?.into())
    }

    fn projected(&mut self, rows: &Rows) -> Result<Tensor, KinshipError> {
        let dropped = self.dropout.features(rows.tensor()?)?;
        self.head.projected(&dropped, &mut self.dropout)
    }
}

/// Returns the gradient with respect to `rows`, row by row. It is zero if the loss ignores them.
fn gradient_rows(gradients: &GradStore, rows: &Var) -> Result<Vec<Vec<f32>>, KinshipError> {
    Ok(match gradients.get(rows) {
        Some(gradient) => gradient.to_vec2()?,
        None => rows.zeros_like()?.to_vec2()?,
    })
}

/// Returns the mean binary cross-entropy of log odds, in a form that does not overflow.
fn cross_entropy(logits: &Tensor, is_kin: &Tensor) -> Result<Tensor, KinshipError> {
    let softplus = ((logits.abs()?.neg()?.exp()? + 1.0)?.log()? + logits.relu()?)?;
    Ok((softplus - logits * is_kin)?.mean_all()?)
}

/// Returns the mean cross-entropy of choosing column i in row i of `(n, n)`.
fn diagonal_cross_entropy(similarity: &Tensor) -> Result<Tensor, KinshipError> {
    let log_softmax = candle_nn::ops::log_softmax(similarity, D::Minus1)?;
    let diagonal = Tensor::eye(similarity.dim(0)?, similarity.dtype(), similarity.device())?;
    Ok(((log_softmax * diagonal)?.sum(1)?.mean_all()? * -1.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::head::kin_space::{KinRows, KinSpace};
    use crate::train::head::recipe::{Recipe, Training};
    use candle_core::DType;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Photos of `count` people in 6 values, in two versions with common values.
    fn kin(count: usize, seed: u64) -> (Rows, Rows) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for _ in 0..6 * count {
            let mut noise = || random.random_range(-1.0..1.0_f32);
            let shared = noise();
            first.push(shared + 0.5 * noise());
            second.push(shared + 0.5 * noise());
        }
        let rows = |values: Vec<f32>| Rows::new(values.chunks(6)).unwrap();
        (rows(first), rows(second))
    }

    fn space() -> KinSpace {
        let (first, second) = kin(200, 1);
        let kin = KinRows { first, second, weights: vec![1.0; 200] };
        KinSpace::fit(&kin, &[0.0]).unwrap().remove(0)
    }

    fn initial(name: &str) -> Head {
        Recipe::named(name).unwrap().head(&space(), 7).unwrap()
    }

    #[test]
    fn head_has_the_configuration_of_its_recipe() {
        for recipe in
            Recipe::NAMES.into_iter().filter_map(Recipe::named).chain(Recipe::named(Recipe::COSINE))
        {
            let head = recipe.head(&space(), 7).unwrap();
            assert_eq!(*head.config(), recipe.head, "{}", recipe.name);
        }
    }

    fn stacked(first: &Rows, second: &Rows) -> Rows {
        Rows::new(first.iter().chain(second.iter())).unwrap()
    }

    fn double(tensor: &Tensor) -> Tensor {
        tensor.to_dtype(DType::F64).unwrap()
    }

    /// Compares the gradient of `loss` with the slope between two close points, at some values of
    /// every variable.
    ///
    /// The slope is in f64, which has enough digits for both.
    fn check_gradients(head: &Head, name: &str, loss: impl Fn(&Head) -> Tensor) {
        let mut head = head.clone();
        let mut variables = Vec::new();
        for (name, tensor) in head.tensors_mut() {
            let variable = Var::from_tensor(&double(tensor)).unwrap();
            *tensor = variable.as_tensor().clone();
            variables.push((name.clone(), variable));
        }
        let gradients = loss(&head).backward().unwrap();
        for (parameter, variable) in variables {
            let Some(gradient) = gradients.get(&variable) else { continue };
            let gradient: Vec<f64> = gradient.flatten_all().unwrap().to_vec1().unwrap();
            let values: Vec<f64> = variable.flatten_all().unwrap().to_vec1().unwrap();
            let scale = gradient.iter().fold(1e-3_f64, |a, b| a.max(b.abs()));
            for at in (0..values.len()).step_by(values.len().div_ceil(7)) {
                let nearby = |step: f64| {
                    let mut moved = values.clone();
                    moved[at] += step;
                    let moved = Tensor::from_vec(moved, variable.shape(), &Device::Cpu).unwrap();
                    variable.set(&moved).unwrap();
                    loss(&head).to_scalar::<f64>().unwrap()
                };
                let slope = (nearby(1e-6) - nearby(-1e-6)) / 2e-6;
                nearby(0.0);
                let distance = (slope - gradient[at]).abs() / scale;
                assert!(distance < 1e-4, "{name} {parameter}[{at}]: {} is {slope}", gradient[at]);
            }
        }
    }

    #[test]
    fn the_gradient_of_every_head_is_its_slope() {
        let ((a, b), (_, strangers)) = (kin(40, 2), kin(40, 3));
        let [first, second] =
            [(&a, &a), (&b, &strangers)].map(|(x, y)| double(&stacked(x, y).tensor().unwrap()));
        let labels: Vec<f64> = (0..80).map(|at| if at < 40 { 1.0 } else { 0.0 }).collect();
        let labels = Tensor::new(labels, &Device::Cpu).unwrap();
        for name in Recipe::NAMES {
            check_gradients(&initial(name), name, |head| {
                let logits = head.logits(&first, &second, &mut Dropout::off()).unwrap();
                cross_entropy(&logits, &labels).unwrap()
            });
        }
    }

    #[test]
    fn the_gradient_of_the_contrastive_loss_is_its_slope() {
        let (a, b) = kin(12, 2);
        check_gradients(&initial("contrastive"), "contrast", |head| {
            let [a, b] = [&a, &b].map(|rows| {
                head.projected(&double(&rows.tensor().unwrap()), &mut Dropout::off()).unwrap()
            });
            diagonal_cross_entropy(&a.matmul(&b.t().unwrap()).unwrap()).unwrap()
        });
    }

    #[test]
    fn the_gradient_with_respect_to_embeddings_is_the_slope() {
        let (a, b) = kin(30, 2);
        let is_kin: Vec<bool> = (0..30).map(|at| at % 3 > 0).collect();
        let hyperparameters = Hyperparameters {
            learning_rate: 0.0,
            weight_decay: 0.0,
            feature_dropout: 0.0,
            hidden_dropout: 0.0,
        };
        let mut learner = Learner::of_layers(&initial("vggface-1"), &hyperparameters, 1).unwrap();
        let gradients = learner.classify_with_gradients(&a, &b, &is_kin).unwrap();
        let values: Vec<f32> = a.iter().flatten().copied().collect();
        for at in [0, 40, 77, 179] {
            let mut nearby = |step: f32| {
                let mut moved = values.clone();
                moved[at] += step;
                learner.classify(&Rows::new(moved.chunks(6)).unwrap(), &b, &is_kin).unwrap()
            };
            let slope = (nearby(0.02) - nearby(-0.02)) / 0.04;
            let found = f64::from(gradients.a[at / 6][at % 6]);
            assert!((slope - found).abs() < 5e-4, "{at}: {found} is {slope}");
        }
    }

    #[test]
    fn no_head_knows_the_order_of_two_photos() {
        let (a, b) = kin(50, 4);
        for name in Recipe::NAMES {
            let head = initial(name);
            assert_eq!(head.scores(&a, &b).unwrap(), head.scores(&b, &a).unwrap(), "{name}");
        }
    }

    #[test]
    fn training_separates_kin_from_others() {
        let ((a, b), (_, strangers)) = (kin(200, 5), kin(200, 6));
        let Training::Gradient(hyperparameters) = Recipe::named("vggface-1").unwrap().training
        else {
            panic!("learns by gradient")
        };
        let mut learner = Learner::of_layers(&initial("vggface-1"), &hyperparameters, 1).unwrap();
        let first = stacked(&a, &a);
        let second = stacked(&b, &strangers);
        let is_kin: Vec<bool> = (0..400).map(|at| at < 200).collect();
        let losses: Vec<f64> =
            (0..150).map(|_| learner.classify(&first, &second, &is_kin).unwrap()).collect();
        assert!(losses[149] < 0.75 * losses[0], "{} {}", losses[0], losses[149]);
        let mut learner = Learner::of_space(&initial("contrastive"), &hyperparameters, 1).unwrap();
        let losses: Vec<f64> = (0..60).map(|_| learner.contrast(&a, &b).unwrap()).collect();
        assert!(losses[59] < losses[0], "{} {}", losses[0], losses[59]);
    }
}
