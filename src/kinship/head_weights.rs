//! Heads as safetensors: reading and writing.

use candle_core::{Device, Tensor};

use super::{Head, HeadConfig, KinshipError, OpenSet};

/// Reads the head of one member from safetensors, for embeddings of `dimension` values.
///
/// `weights` are as returned by [`serialize_heads`].
///
/// # Errors
/// [`KinshipError::WrongShape`] if a tensor is missing or has another shape.
/// [`KinshipError::NotFinite`] if a weight is not finite.
/// [`KinshipError::Compute`] if `weights` cannot be read.
pub fn read_head(
    member: &str,
    config: &HeadConfig,
    dimension: usize,
    weights: &[u8],
) -> Result<Head, KinshipError> {
    let tensors = candle_core::safetensors::load_buffer(weights, &Device::Cpu)?;
    let prefix = format!("{member}/");
    let tensors = tensors
        .into_iter()
        .filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?.to_owned(), tensor)));
    Head::new(config.clone(), dimension, tensors.collect())
}

/// Serializes the weights of heads as safetensors, named by their members.
///
/// # Errors
/// [`KinshipError::Compute`] if the weights cannot be serialized.
pub fn serialize_heads<'a>(
    members: impl IntoIterator<Item = (&'a str, &'a Head)>,
) -> Result<Vec<u8>, KinshipError> {
    serialize(tensors(members))
}

/// As [`serialize_heads`], with the tensors of an open-set model over these backbones.
///
/// # Errors
/// [`KinshipError::Compute`] if the tensors cannot be serialized.
pub fn serialize_with_open_set<'a>(
    members: impl IntoIterator<Item = (&'a str, &'a Head)>,
    open_set: &OpenSet,
    backbones: &[&str],
) -> Result<Vec<u8>, KinshipError> {
    let mut tensors = tensors(members);
    tensors.extend(open_set.tensors(backbones)?);
    serialize(tensors)
}

fn serialize(tensors: Vec<(String, Tensor)>) -> Result<Vec<u8>, KinshipError> {
    Ok(safetensors::serialize(tensors, None).map_err(candle_core::Error::from)?)
}

/// Returns the tensors of heads, named by their members.
fn tensors<'a>(members: impl IntoIterator<Item = (&'a str, &'a Head)>) -> Vec<(String, Tensor)> {
    let mut tensors = Vec::new();
    for (member, head) in members {
        for (name, tensor) in head.tensors() {
            tensors.push((format!("{member}/{name}"), tensor.clone()));
        }
    }
    tensors
}
