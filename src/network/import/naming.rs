//! Conversion of names and layouts to those of PyTorch.

use rayon::prelude::*;

use super::checkpoint::{Checkpoint, Format};
use crate::network::published_weights::{PublishedWeights, Publisher};
use crate::network::weights::NamedTensor;

/// Converts the tensors of a checkpoint to the names and layouts of our networks.
pub(super) fn rename_tensors(checkpoint: Checkpoint) -> PublishedWeights {
    let Checkpoint { format, mut tensors } = checkpoint;
    let publisher = publisher(format, &tensors);
    match publisher {
        Publisher::Keras | Publisher::Deepface => tensors = from_keras(tensors, publisher),
        Publisher::Cydonia => {
            tensors.iter_mut().for_each(|tensor| tensor.name = from_cydonia(&tensor.name));
        }
        Publisher::Authors => {}
    }
    let tensors = tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
    PublishedWeights { tensors, publisher }
}

fn publisher(format: Format, tensors: &[NamedTensor]) -> Publisher {
    if format == Format::KerasHdf5 {
        return if is_deepface(tensors) { Publisher::Deepface } else { Publisher::Keras };
    }
    if tensors.iter().any(|tensor| tensor.name.starts_with("layer1.")) {
        return Publisher::Cydonia;
    }
    Publisher::Authors
}

/// Converts a name: `layer2.0.bn3.weight` → `conv3_1_1x1_increase_bn.weight`
fn from_cydonia(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    match parts[..] {
        ["conv1", end] => format!("conv1_7x7_s2.{end}"),
        ["bn1", end] => format!("conv1_7x7_s2_bn.{end}"),
        [layer, block, ref inner @ ..] => {
            cydonia_block(layer, block, inner).unwrap_or_else(|| name.to_owned())
        }
        _ => name.to_owned(),
    }
}

fn cydonia_block(layer: &str, block: &str, inner: &[&str]) -> Option<String> {
    let layer: usize = layer.strip_prefix("layer")?.parse().ok()?;
    let block: usize = block.parse().ok()?;
    let part = cydonia_part(inner)?;
    Some(format!("conv{}_{}_{part}", layer + 1, block + 1))
}

fn cydonia_part(inner: &[&str]) -> Option<String> {
    let (part, norm, end) = match *inner {
        ["downsample", "0", end] => ("1x1_proj", "", end),
        ["downsample", "1", end] => ("1x1_proj", "_bn", end),
        [layer, end] => {
            let (kind, number) = layer.split_at_checked(layer.len().checked_sub(1)?)?;
            let part = match number {
                "1" => "1x1_reduce",
                "2" => "3x3",
                "3" => "1x1_increase",
                "4" => "1x1_down",
                "5" => "1x1_up",
                _ => return None,
            };
            (part, if kind == "bn" { "_bn" } else { "" }, end)
        }
        _ => return None,
    };
    Some(format!("{part}{norm}.{end}"))
}

/// Whether the layers are deepface's. They are Keras's `conv2d`, `conv2d_1` …, so only their order
/// identifies them.
fn is_deepface(tensors: &[NamedTensor]) -> bool {
    !tensors.is_empty() && tensors.iter().all(|tensor| tensor.name.starts_with("conv2d"))
}

/// Converts the names and layouts of Keras.
fn from_keras(tensors: Vec<NamedTensor>, publisher: Publisher) -> Vec<NamedTensor> {
    let mut layers = vgg16_layers();
    let mut layer = String::new();
    let last_bias = tensors.iter().find(|tensor| tensor.name.starts_with("conv5_3/bias"));
    let last_channels = last_bias.map(|tensor| tensor.values.len());
    let mut renamed = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let (folder, end) = keras_name(&tensor.name);
        // In deepface's order each kernel begins the next layer.
        if end == "weight" && publisher == Publisher::Deepface {
            layer = layers.next().unwrap_or_default();
        }
        let stem = if publisher == Publisher::Deepface { layer.clone() } else { folder };
        let flattened = if stem == "fc6" { last_channels } else { None };
        let tensor = to_torch_layout(tensor, flattened);
        renamed.push(NamedTensor { name: format!("{stem}.{end}"), ..tensor });
    }
    renamed
}

/// Splits a name: `conv1/7x7_s2/bn/gamma:0` → `conv1_7x7_s2_bn` and `weight`
fn keras_name(name: &str) -> (String, String) {
    let name = name.split(':').next().unwrap_or(name);
    let (folder, end) = name.rsplit_once('/').unwrap_or((name, ""));
    let end = match end {
        "kernel" | "gamma" => "weight",
        "beta" => "bias",
        "moving_mean" => "running_mean",
        "moving_variance" => "running_var",
        other => other,
    };
    (folder.replace('/', "_"), end.to_owned())
}

fn vgg16_layers() -> impl Iterator<Item = String> {
    let depths = (1..).zip([2, 2, 3, 3, 3]);
    let convolutions = depths
        .flat_map(|(block, depth)| (1..=depth).map(move |layer| format!("conv{block}_{layer}")));
    convolutions.chain(["fc6", "fc7", "fc8"].map(String::from))
}

/// Converts the layouts of kernels and dense layers.
///
/// **Shape**: kernels `(height, width, in, out)` → `(out, in, height, width)`, dense layers `(in,
/// out)` → `(out, in)`.
///
/// `channels` is set for a dense layer on a flattened map of so many channels. Its inputs are
/// ordered by pixel; ours are ordered by channel.
fn to_torch_layout(tensor: NamedTensor, channels: Option<usize>) -> NamedTensor {
    let NamedTensor { name, shape, values } = tensor;
    let ([height, width, ins, outs], shape) = match (&shape[..], channels) {
        (&[height, width, ins, outs], _) => {
            ([height, width, ins, outs], vec![outs, ins, height, width])
        }
        (&[ins, outs], Some(channels)) if channels > 0 && ins % channels == 0 => {
            ([ins / channels, 1, channels, outs], vec![outs, ins])
        }
        (&[ins, outs], _) => ([1, 1, ins, outs], vec![outs, ins]),
        _ => return NamedTensor { name, shape, values },
    };
    let pixels = height * width;
    let row = height * width * ins;
    let mut transposed = vec![0.0; values.len()];
    // Several outputs at a time, so that neither side is read with a stride at every value.
    transposed.par_chunks_mut((16 * row).max(1)).enumerate().for_each(|(block, rows)| {
        for from in 0..row {
            let to = from % ins * pixels + from / ins;
            let source = &values[from * outs + block * 16..];
            for (out, value) in source.iter().enumerate().take(rows.len() / row) {
                rows[out * row + to] = *value;
            }
        }
    });
    NamedTensor { name, shape, values: transposed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_publisher_become_ours() {
        let cases = [
            ("conv1.weight", "conv1_7x7_s2.weight"),
            ("bn1.running_var", "conv1_7x7_s2_bn.running_var"),
            ("layer2.0.bn3.weight", "conv3_1_1x1_increase_bn.weight"),
            ("layer4.2.conv5.bias", "conv5_3_1x1_up.bias"),
            ("layer1.0.downsample.1.running_mean", "conv2_1_1x1_proj_bn.running_mean"),
            ("fc.weight", "fc.weight"),
        ];
        for (name, expected) in cases {
            assert_eq!(from_cydonia(name), expected);
        }
        let (folder, end) = keras_name("conv2_1_1x1_reduce/bn/moving_variance:0");
        assert_eq!((folder.as_str(), end.as_str()), ("conv2_1_1x1_reduce_bn", "running_var"));
    }

    #[test]
    fn a_flattened_map_is_read_channel_by_channel() {
        // One output; inputs by pixel, then channel: pixel 0 has 1 and 2, pixel 1 has 3 and 4.
        let dense =
            NamedTensor { name: "fc6".into(), shape: vec![4, 1], values: vec![1.0, 2.0, 3.0, 4.0] };
        let transposed = to_torch_layout(dense, Some(2));
        assert_eq!((transposed.shape, transposed.values), (vec![1, 4], vec![1.0, 3.0, 2.0, 4.0]));
    }
}
