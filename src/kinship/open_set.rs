//! Model for open-set identification: reading and writing.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use half::f16;

use super::{Cohort, Head, HeadConfig, KinshipError, OpenSetConfig, Rows, Sharpness, Typicality};

/// Model for open-set identification by an ensemble.
#[derive(Clone, Debug)]
pub struct OpenSet {
    /// Parameters of the model.
    pub config: OpenSetConfig,
    /// Cohort of pairs, and of searches in a small gallery.
    pub cohort: Cohort,
    /// Head that scores a pair by the first backbone.
    ///
    /// The score is high for one person and low for kin.
    pub identity: Head,
    /// Similarity of a face to the training faces, by the first backbone.
    pub typicality: Typicality,
    /// Sharpness of a face, by the first backbone.
    pub sharpness: Option<Sharpness>,
}

/// Prefix of the model's tensors among those of an ensemble.
const PREFIX: &str = "open-set/";

impl OpenSet {
    /// Reads the tensors of [`Self::tensors`] from those of an ensemble.
    ///
    /// `backbones` are names and widths.
    ///
    /// # Errors
    /// [`KinshipError::WrongShape`] if a tensor is missing or of another shape.
    /// [`KinshipError::NotFinite`] if a value is not finite.
    pub(super) fn new(
        config: OpenSetConfig,
        backbones: &[(&str, usize)],
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<Self, KinshipError> {
        let tensors = OpenSetTensors(tensors);
        let mut faces = Vec::with_capacity(backbones.len());
        for (name, width) in backbones {
            let values = tensors.values(&format!("cohort.{name}"), *width)?;
            faces.push(Rows::from_values(values, *width)?);
        }
        let width = backbones[0].1;
        Ok(Self {
            cohort: Cohort { faces },
            identity: tensors.identity_head(width)?,
            typicality: Typicality::new(
                config.typicality,
                tensors.values("typicality.mean", width)?,
                tensors.values("typicality.whitening", width)?,
            )?,
            sharpness: match config.sharpness {
                Some(config) => {
                    Some(Sharpness::new(config, tensors.values("sharpness.weights", width)?))
                }
                None => None,
            },
            config,
        })
    }

    /// Returns the tensors by name. The cohort has 16 bits, which is more than a score needs.
    ///
    /// # Errors
    /// [`KinshipError::Compute`] if a tensor cannot be created.
    pub(super) fn tensors(
        &self,
        backbones: &[&str],
    ) -> Result<Vec<(String, Tensor)>, KinshipError> {
        let mut tensors = Vec::new();
        for (name, rows) in backbones.iter().zip(&self.cohort.faces) {
            let values: Vec<f32> = rows.iter().flatten().copied().collect();
            tensors
                .push((format!("{PREFIX}cohort.{name}"), half_tensor(&values, rows.dimension())?));
        }
        for (name, tensor) in self.identity.tensors() {
            tensors.push((format!("{PREFIX}identity.{name}"), tensor.clone()));
        }
        let width = self.typicality.mean().len();
        let mean = Tensor::from_slice(self.typicality.mean(), (1, width), &Device::Cpu)?;
        tensors.push((format!("{PREFIX}typicality.mean"), mean));
        let whitening = half_tensor(self.typicality.whitening(), width)?;
        tensors.push((format!("{PREFIX}typicality.whitening"), whitening));
        if let Some(sharpness) = &self.sharpness {
            let weights = Tensor::from_slice(sharpness.weights(), (1, width), &Device::Cpu)?;
            tensors.push((format!("{PREFIX}sharpness.weights"), weights));
        }
        Ok(tensors)
    }
}

/// Tensors of an ensemble, with those of its open-set model.
struct OpenSetTensors<'a>(&'a BTreeMap<String, Tensor>);

impl OpenSetTensors<'_> {
    /// Returns the values of a tensor of the model. Its last dimension is `width`.
    fn values(&self, name: &str, width: usize) -> Result<Vec<f32>, KinshipError> {
        let name = format!("{PREFIX}{name}");
        let tensor = self.0.get(&name);
        let found = tensor.map(|tensor| tensor.dims().to_vec()).unwrap_or_default();
        let expected = vec![width];
        let Some(tensor) = tensor.filter(|tensor| tensor.dims().last() == Some(&width)) else {
            return Err(KinshipError::WrongShape { name, expected, found });
        };
        let values: Vec<f32> = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(KinshipError::NotFinite { name }),
        }
    }

    /// Reads the head that separates the same person from kin.
    fn identity_head(&self, width: usize) -> Result<Head, KinshipError> {
        let config = HeadConfig::regression();
        let mut weights = BTreeMap::new();
        for (name, shape) in config.shapes(width, 0) {
            let last = *shape.last().unwrap_or(&1);
            let values = self.values(&format!("identity.{name}"), last)?;
            weights.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        Head::new(config, width, weights)
    }
}

/// Copies rows of `width` values to a tensor of 16-bit floats.
fn half_tensor(values: &[f32], width: usize) -> Result<Tensor, candle_core::Error> {
    let values: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
    let rows = values.len() / width;
    Tensor::from_vec(values, (rows, width), &Device::Cpu)
}
