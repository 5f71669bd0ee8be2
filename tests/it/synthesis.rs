//! `kindred dataset synthesize`: families that are drawn, and the sample in `data/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kindred::dataset::{read_landmarks, read_relationships};
use kindred::domain::{Progress, Relation};
use kindred::photo::{self, Limits, Photo};
use kindred::synthetic::{SynthesisError, SynthesisPlan, synthesize};

use crate::support::program::{path, run};

/// What `data/README.md` says the sample was made with.
const SAMPLE: SynthesisPlan = SynthesisPlan { families: 24, seed: 1 };

/// Goes on to the end, or stops after some steps.
struct Steps(u64, std::sync::atomic::AtomicU64);

impl Progress for Steps {
    fn begin(&self, _: &str, _: u64, _: &str) {}

    fn advance(&self, units: u64) {
        self.1.fetch_add(units, std::sync::atomic::Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.1.load(std::sync::atomic::Ordering::Relaxed) >= self.0
    }
}

fn to_the_end() -> Steps {
    Steps(u64::MAX, 0.into())
}

/// Families in a folder that goes away with the first of the two.
fn drawn(families: u32, seed: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("families");
    synthesize(&out, SynthesisPlan { families, seed }, &to_the_end()).unwrap().unwrap();
    (folder, out)
}

/// Every file of a folder by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let named = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        (name, fs::read(entry.path()).unwrap())
    };
    files.map(named).collect()
}

fn decoded(bytes: &[u8]) -> Photo {
    photo::decode(bytes, &Limits::default()).unwrap()
}

fn difference(a: &Photo, b: &Photo) -> f64 {
    let steps: u64 = a.rgb.iter().zip(&b.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    steps as f64 / a.rgb.len() as f64
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_faces() {
    let [first, again, other] =
        [(2, 5), (2, 5), (2, 6)].map(|(families, seed)| drawn(families, seed));
    let [first, again, other] = [&first, &again, &other].map(|(_, out)| files(out));
    assert!(first == again);
    let face = |files: &BTreeMap<String, Vec<u8>>| decoded(&files["F0001/MID1/P00001_face0.jpg"]);
    assert!(difference(&face(&first), &face(&other)) > 10.0);
}

#[test]
fn a_family_is_the_same_whatever_others_are_drawn() {
    let ((_one, few), (_two, many)) = (drawn(1, 5), drawn(10, 5));
    assert!(files(&few.join("F0001")) == files(&many.join("F0001")));
    assert!(many.join("F0010/MID1").is_dir() && !many.join("F0011").exists());
}

#[test]
fn the_kin_that_are_written_are_read_and_have_photos() {
    let (_folder, out) = drawn(12, 5);
    let kin = read_relationships(&out.join("relationships.csv")).unwrap();
    let mut seen: Vec<Relation> = kin.iter().filter_map(|pair| pair.relation()).collect();
    assert_eq!(seen.len(), kin.len());
    for pair in &kin {
        let [first, second] = pair.people();
        assert_eq!(first.family(), second.family());
        for person in [first, second] {
            assert!(out.join(person.to_string()).read_dir().unwrap().next().is_some(), "{person}");
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, Relation::ALL);
}

#[test]
fn every_photo_is_square_and_its_landmarks_are_in_it_in_order() {
    let (_folder, out) = drawn(6, 5);
    let mut photos = files(&out);
    photos.retain(|name, _| name.ends_with(".jpg"));
    let faces = read_landmarks(&out.join("landmarks.csv")).unwrap();
    assert_eq!(faces.len(), photos.len());
    for face in faces {
        let photo = decoded(&photos[&face.path]);
        assert_eq!((photo.width, photo.height), (224, 224), "{}", face.path);
        let inside = face.points.iter().flatten().all(|value| (0.0..224.0).contains(value));
        let [left_eye, right_eye, nose, left_mouth, right_mouth] = face.points;
        let upright = left_eye[0] + 20.0 < right_eye[0]
            && left_mouth[0] + 10.0 < right_mouth[0]
            && left_eye[1].max(right_eye[1]) < nose[1]
            && nose[1] < left_mouth[1].max(right_mouth[1]);
        assert!(inside && upright, "{face:?}");
    }
}

#[test]
fn the_eyes_are_dark_and_the_nose_is_bright_where_the_landmarks_say() {
    let (_folder, out) = drawn(6, 5);
    let photos = files(&out);
    let faces = read_landmarks(&out.join("landmarks.csv")).unwrap();
    let brighter = faces.iter().filter(|face| {
        let photo = decoded(&photos[&face.path]);
        let mean = |[x, y]: [f32; 2]| {
            let around = (-5..=5).flat_map(|dy| (-5..=5).map(move |dx| (dx, dy)));
            let at = |(dx, dy)| 224 * (y as i32 + dy) as usize + (x as i32 + dx) as usize;
            around.map(|off| u32::from(photo.rgb[3 * at(off) + 1])).sum::<u32>()
        };
        let [left, right, nose, ..] = face.points;
        mean(left).min(mean(right)) < mean(nose)
    });
    assert!(brighter.count() as f64 > 0.9 * faces.len() as f64);
}

#[test]
fn a_folder_with_something_in_it_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("families");
    fs::create_dir(&out).unwrap();
    let synthesized = || run(&["dataset", "synthesize", "--families", "1", "--out", path(&out)]);
    assert_eq!(synthesized().code, 0, "an empty folder is filled");
    let before = files(&out);
    assert!(synthesized().error().contains("name a new folder or empty that one"));
    assert!(files(&out) == before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_drawing_that_is_stopped_or_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("families");
    let plan = SynthesisPlan { families: 40, seed: 5 };
    assert_eq!(synthesize(&out, plan, &Steps(8, 0.into())).unwrap(), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = synthesize(&file, plan, &to_the_end());
    assert!(matches!(refused, Err(SynthesisError::NotEmpty { .. })));
    let refused = synthesize(&file.join("in-a-file"), plan, &to_the_end());
    assert!(matches!(refused, Err(SynthesisError::Unwritable { .. })));
}

#[test]
fn the_number_of_families_is_one_that_four_digits_write() {
    for families in ["0", "10000", "-1", "many"] {
        let refused = run(&["dataset", "synthesize", "--families", families, "--out", "nowhere"]);
        assert_eq!(refused.code, 64, "{families}: {}", refused.stderr);
        assert!(!Path::new("nowhere").exists());
    }
}

#[test]
fn the_sample_is_what_its_seed_gives() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let (_folder, out) = drawn(2, SAMPLE.seed);
    for family in ["F0001", "F0002"] {
        let (expected, found) = (files(&sample.join(family)), files(&out.join(family)));
        assert!(expected.keys().eq(found.keys()));
        for (name, bytes) in &expected {
            // Machines differ in how they round sines.
            let off = difference(&decoded(bytes), &decoded(&found[name]));
            assert!(off < 0.5, "{family}/{name} is {off} off; draw the sample anew");
        }
    }
    let families =
        fs::read_dir(&sample).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(families.count(), SAMPLE.families as usize);
    let bytes: usize = files(&sample).values().map(Vec::len).sum();
    assert!(bytes < 4 << 20, "{bytes} bytes");
    let listed = |name: &str| fs::read_to_string(sample.join(name)).unwrap();
    let begins = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert!(listed("relationships.csv").starts_with(&begins("relationships.csv")));
}
