//! Every architecture against the framework that it comes from, through the files that people have.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use kindred::engine::{Backbone, BackboneSpec, Device, Precision};
use kindred::network::WeightsFile;
use serde::Deserialize;

use crate::support::bundle::import;
use crate::support::folder_from_env;

/// A file of weights with the outputs of the network in its own framework, for the two faces of [`face`].
#[derive(Deserialize)]
struct Case {
    file: String,
    architecture: String,
    size: usize,
    outputs: Vec<Vec<f32>>,
}

/// Where the narrow files are, which `tests/reference/architectures.py` wrote.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/architectures")
}

/// A face of the formula that the reference has, too: `(size, size, 3)` bytes of red, green, blue.
fn face(number: usize, size: usize) -> Vec<u8> {
    let value = |y: usize, x: usize, c: usize| {
        x * (3 + c + number) + y * (5 + 2 * c) + x * y / (7 + number) + 40 * number
    };
    let pixels = (0..size * size).flat_map(|at| [0, 1, 2].map(|c| value(at / size, at % size, c)));
    pixels.map(|value| (value % 256) as u8).collect()
}

/// Imports every file and compares; returns per file the largest error, relative to the largest output, and one minus
/// the cosine.
fn compare(folder: &Path) -> Vec<(String, f64, f64)> {
    let cases = fs::read_to_string(folder.join("cases.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&cases).unwrap();
    cases.into_iter().map(|case| compare_case(folder, case)).collect()
}

fn compare_case(folder: &Path, case: Case) -> (String, f64, f64) {
    let Case { file, architecture, size, outputs } = case;
    let out = tempfile::tempdir().unwrap();
    let bundle = out.path().join("bundle");
    let manifest = import(&folder.join(&file), &architecture, &bundle).unwrap();
    let entry = &manifest.backbones[0];
    let path = bundle.join(&entry.weights);
    let weights = WeightsFile::new(&path, File::open(&path).unwrap()).unwrap();
    let spec = BackboneSpec { architecture: &entry.network, preprocessing: entry.preprocessing };
    let backbone = Backbone::load(spec, weights, Device::Cpu, Precision::F32).unwrap();

    assert_eq!(backbone.input_size(), size, "{file}");
    let faces = [face(0, size), face(1, size)];
    let found = backbone.embed(&[&faces[0], &faces[1]]).unwrap();
    let (mut error, mut distance) = (0.0_f64, 0.0_f64);
    for (found, expected) in found.iter().zip(&outputs) {
        assert_eq!(found.len(), expected.len(), "{file}");
        let largest = expected.iter().fold(0.0, |max: f32, value| max.max(value.abs()));
        let errors = found.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs() / largest));
        error = error.max(errors.fold(0.0, f64::max));
        distance = distance.max(1.0 - cosine(found, expected));
    }
    (file, error, distance)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn imported_networks_compute_what_their_own_frameworks_do() {
    let compared = compare(&fixtures());
    assert_eq!(compared.len(), 11, "every fixture is compared");
    for (file, error, distance) in compared {
        assert!(
            error < 1e-4 && distance < 1e-8,
            "{file}: error {error:e}, 1 - cosine {distance:e}"
        );
    }
}

#[test]
fn networks_as_wide_as_published_do_so_too() {
    let Some(folder) = folder_from_env("KINDRED_ARCHITECTURES_DIR") else { return };
    for (file, error, distance) in compare(&folder) {
        eprintln!("{file}: relative error {error:.1e}, 1 - cosine {distance:.1e}");
        assert!(
            error < 1e-3 && distance < 1e-6,
            "{file}: error {error:e}, 1 - cosine {distance:e}"
        );
    }
}
