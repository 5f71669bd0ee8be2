//! Backbones against independent implementations of the same networks, and against damaged weights.

use std::fs;
use std::path::Path;

use kindred::engine::{Backbone, BackboneSpec, Device, Precision};
use kindred::network::architectures::{Architecture, mobilefacenet};
use kindred::network::preprocessing::{ChannelOrder, Crop, Preprocessing};
use kindred::network::{NamedTensor, WeightsFile, write_safetensors};

use crate::support::weights::random_weights;
use crate::support::{bundle, folder_from_env};

const MOBILEFACENET_PIXELS: Preprocessing = Preprocessing {
    channels: ChannelOrder::Rgb,
    mean: [127.5; 3],
    scale: 0.007_812_5,
    mirror: false,
    crop: Crop::Stretch,
};

fn load(architecture: &Architecture, path: &Path) -> Result<Backbone, String> {
    let load = || {
        let weights = WeightsFile::new(path, fs::File::open(path).unwrap())?;
        let spec = BackboneSpec { architecture, preprocessing: MOBILEFACENET_PIXELS };
        Backbone::load(spec, weights, Device::Cpu, Precision::F32)
    };
    load().map_err(|error| error.to_string())
}

#[test]
fn mobilefacenet_reproduces_the_published_outputs() {
    let Some(folder) = folder_from_env("KINDRED_WEIGHTS_DIR") else { return };
    let architecture = Architecture::MobileFaceNet(mobilefacenet::Config::default());
    let backbone = load(&architecture, &folder.join("mobilefacenet.safetensors")).unwrap();

    let reference = folder.join("mobilefacenet-reference");
    let bytes = fs::read(reference.join("embeddings.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let (_, expected) = file.iter().next().unwrap();
    let (expected, _) = expected.data().as_chunks::<4>();
    let expected: Vec<f32> = expected.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();

    let crop = |at: usize| {
        image::open(reference.join(format!("{at:02}.png"))).unwrap().into_rgb8().into_raw()
    };
    let crops: Vec<Vec<u8>> = (0..expected.len() / 128).map(crop).collect();
    let crops: Vec<&[u8]> = crops.iter().map(Vec::as_slice).collect();
    let outputs = backbone.embed(&crops).unwrap();
    for (at, (output, expected)) in outputs.iter().zip(expected.chunks(128)).enumerate() {
        let error = output.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error < 1e-4, "crop {at} is off by {error}");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_with_the_tensor_and_both_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let architecture = Architecture::Vgg16(bundle::network());
    let refusal = |change: &dyn Fn(&mut Vec<NamedTensor>)| {
        let mut tensors = random_weights(&architecture, 1);
        change(&mut tensors);
        let path = folder.path().join("weights.safetensors");
        write_safetensors(&path, &tensors).unwrap();
        load(&architecture, &path).err().expect("the weights are refused")
    };
    let named =
        |tensors: &[NamedTensor]| tensors.iter().position(|t| t.name == "conv3_2.weight").unwrap();

    let missing = refusal(&|tensors| {
        let at = named(tensors);
        tensors.remove(at);
    });
    assert!(missing.contains("conv3_2.weight") && missing.contains("[8, 8, 3, 3]"), "{missing}");
    let reshaped = refusal(&|tensors| {
        let at = named(tensors);
        tensors[at].shape = vec![8, 72];
    });
    assert!(reshaped.contains("[8, 72]") && reshaped.contains("[8, 8, 3, 3]"), "{reshaped}");
    let not_finite = refusal(&|tensors| {
        let at = named(tensors);
        tensors[at].values[7] = f32::NAN;
    });
    assert!(
        not_finite.contains("conv3_2.weight") && not_finite.contains("not finite"),
        "{not_finite}"
    );
}

#[test]
fn a_truncated_weights_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let architecture = Architecture::Vgg16(bundle::network());
    let path = folder.path().join("weights.safetensors");
    write_safetensors(&path, &random_weights(&architecture, 1)).unwrap();
    let whole = fs::read(&path).unwrap();
    for keep in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).unwrap();
        let error = load(&architecture, &path).err().expect("the file is refused");
        assert!(error.contains("no safetensors file"), "{keep} bytes: {error}");
    }
}

#[test]
fn a_face_embeds_alike_alone_and_in_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let architecture = Architecture::Vgg16(bundle::network());
    let path = folder.path().join("weights.safetensors");
    write_safetensors(&path, &random_weights(&architecture, 1)).unwrap();
    let backbone = load(&architecture, &path).unwrap();
    let faces: Vec<Vec<u8>> = (0..5_u8)
        .map(|face| (0..32 * 32 * 3).map(|i| (i as u8).wrapping_mul(face + 3)).collect())
        .collect();
    let faces: Vec<&[u8]> = faces.iter().map(Vec::as_slice).collect();
    let together = backbone.embed(&faces).unwrap();
    for (face, output) in faces.iter().zip(&together) {
        let alone = &backbone.embed(&[face]).unwrap()[0];
        let error = alone.iter().zip(output).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert_eq!(error, 0.0);
    }
}
