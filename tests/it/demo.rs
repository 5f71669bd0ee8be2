//! The bundle that is part of the program, and what a newcomer sees of it.

use std::fs;
use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbImage};
use kindred::bundle::Bundle;
use kindred::dataset::read_landmarks;
use kindred::domain::Landmarks;
use kindred::engine::{Device, Precision};
use kindred::photo::{Limits, decode};

use crate::support::program::{kindred, path, run};
use crate::support::server::Server;
use crate::support::{Random, families};

fn repository(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

fn default_bundle() -> Bundle {
    Bundle::load(&repository("models/default"), Device::Cpu, Precision::F32).unwrap()
}

/// A picture without a face.
fn faceless() -> Vec<u8> {
    let mut random = Random(5);
    let picture =
        RgbImage::from_fn(120, 120, |_, _| image::Rgb([0; 3].map(|_: u8| random.next() as u8)));
    families::encoded(&picture, ImageFormat::Png)
}

#[test]
fn faces_of_the_sample_are_found_where_they_are() {
    let bundle = default_bundle();
    let sample = repository("data/sample");
    let mut errors = Vec::new();
    for face in read_landmarks(&sample.join("landmarks.csv")).unwrap().iter().step_by(11) {
        let photo =
            decode(&fs::read(sample.join(&face.path)).unwrap(), &Limits::default()).unwrap();
        let found = bundle.detector().unwrap().detect(&photo).unwrap().remove(0);
        let apart = found.landmarks.0.iter().zip(&face.points);
        let apart: f32 = apart.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
        errors.push(apart / 5.0 / Landmarks(face.points).eye_distance());
    }
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    assert!(errors.len() > 30 && mean < 0.12, "{mean} {errors:?}");
}

#[test]
fn a_photo_without_a_face_is_refused_by_name_and_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let person = folder.path().join("photos/F0001/MID1");
    fs::create_dir_all(&person).unwrap();
    fs::copy(
        repository("data/sample/F0001/MID1/P00001_face0.jpg"),
        person.join("P00001_face0.jpg"),
    )
    .unwrap();
    fs::write(person.join("P00002_face0.png"), faceless()).unwrap();
    let (photos, gallery) = (folder.path().join("photos"), folder.path().join("gallery"));
    let model = repository("models/default");
    let done = run(&[
        "ingest",
        "--photos",
        path(&photos),
        "--gallery",
        path(&gallery),
        "--model",
        path(&model),
    ]);
    assert_eq!(done.code, 2, "{}{}", done.stdout, done.stderr);
    let output = format!("{}{}", done.stdout, done.stderr);
    assert!(output.contains("P00002_face0.png") && output.contains("no face found"), "{output}");

    let server = Server::start(&gallery);
    let answer = server.post_form("/v1/search", &[("image", Some("me.png"), &faceless())]);
    assert_eq!((answer.status, answer.body["code"].as_str()), (422, Some("no_face")));
    assert!(answer.body["detail"].as_str().unwrap().contains("single upright face"));
}

#[test]
fn the_demonstration_answers_a_search_and_leaves_nothing_behind() {
    let mut command = kindred(&["demo", "--families", "3", "--listen", "127.0.0.1:0"]);
    let temporary = tempfile::tempdir().unwrap();
    let server = Server::of(command.env("TMPDIR", temporary.path()));
    let sample = repository("data/sample/F0001/MID1/P00001_face0.jpg");
    let photo = fs::read(sample).unwrap();
    let answer = server.post_form("/v1/search", &[("image", Some("me.jpg"), &photo)]);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let matches = answer.body["matches"].as_array().unwrap();
    assert!(matches.len() > 5 && matches[0]["kinship"]["probability"].as_f64().is_some());
    let (_, without) = server.greeting.split_once("A search without relatives").unwrap();
    assert!(without.contains("No relative found"), "{without}");
    assert!(without.contains("The truth: none of these"), "{without}");
    assert_eq!(server.terminate(), 0);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_demonstration_in_a_folder_goes_on_from_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let arguments =
            ["demo", "--out", path(folder.path()), "--families", "2", "--listen", "127.0.0.1:0"];
        assert_eq!(Server::of(&mut kindred(&arguments)).terminate(), 0);
    };
    start();
    let written = |name: &str| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let before = [written("photos"), written("model")];
    start();
    assert_eq!(before, [written("photos"), written("model")]);
}
