//! Networks that this program trains: the small backbone that learns from another one, and the landmark network.

use std::fs;
use std::path::Path;

use crate::support::program::{Run, path, run};
use crate::support::{bundle, families};

/// Photos of a few people with a list of landmarks that are the same in all, and a bundle to learn from.
fn workplace(folder: &Path) -> String {
    let photos = folder.join("photos");
    let ids = families::write(&photos, 3, 3, 8);
    let header: Vec<String> = ["eye_l", "eye_r", "nose", "mouth_l", "mouth_r"]
        .iter()
        .flat_map(|point| ["x", "y"].map(|axis| format!("{point}_{axis}")))
        .collect();
    let line = |id: &String| format!("{id}.png,13,17,27,17,20,24,15,31,25,31");
    let lines: Vec<String> = ids.iter().map(line).collect();
    let csv = folder.join("landmarks.csv");
    fs::write(&csv, format!("path,{}\n{}\n", header.join(","), lines.join("\n"))).unwrap();
    bundle::write(&folder.join("teacher"), 1);
    format!("{}={}", path(&photos), path(&csv))
}

/// Options of the photos and their list in `DIR=CSV`.
fn labeled(faces: &str) -> [&str; 4] {
    let (photos, list) = faces.split_once('=').unwrap();
    ["--photos", photos, "--landmarks", list]
}

fn train_landmarks(faces: &str, out: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["train", "landmarks", "--steps", "2", "--out", path(out)];
    arguments.extend(labeled(faces));
    arguments.extend(more);
    run(&arguments)
}

fn train_backbone(folder: &Path, faces: &str, out: &Path, more: &[&str]) -> Run {
    let teacher = folder.join("teacher");
    let mut arguments = vec!["train", "backbone", "--teacher", path(&teacher)];
    arguments.extend(["--epochs", "1", "--out", path(out)]);
    arguments.extend(labeled(faces));
    arguments.extend(more);
    run(&arguments)
}

#[test]
fn the_same_seed_trains_the_same_landmark_network_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let faces = workplace(folder.path());
    let out = |name: &str| folder.path().join(name);
    let trained = train_landmarks(&faces, &out("a.safetensors"), &[]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let mut single = crate::support::program::kindred(&["train", "landmarks"]);
    single.args(labeled(&faces));
    single.args(["--steps", "2", "--out", path(&out("b.safetensors"))]);
    assert!(single.env("RAYON_NUM_THREADS", "1").output().unwrap().status.success());
    let other = train_landmarks(&faces, &out("c.safetensors"), &["--seed", "2"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    let bytes = |name: &str| fs::read(out(name)).unwrap();
    assert_eq!(bytes("a.safetensors"), bytes("b.safetensors"));
    assert_ne!(bytes("a.safetensors"), bytes("c.safetensors"));
}

#[test]
fn a_trained_backbone_and_landmark_network_make_a_bundle_that_aligns() {
    let folder = tempfile::tempdir().unwrap();
    let faces = workplace(folder.path());
    let out = |name: &str| folder.path().join(name);
    let trained = train_backbone(folder.path(), &faces, &out("lite.safetensors"), &[]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    assert!(trained.stdout.contains("cosine to the teacher"), "{}", trained.stdout);
    assert_eq!(train_landmarks(&faces, &out("points.safetensors"), &[]).code, 0);
    let imported = run(&[
        "models",
        "import",
        path(&out("lite.safetensors")),
        "--architecture",
        "vggface-lite",
        "--landmark-network",
        path(&out("points.safetensors")),
        "--weights-dtype",
        "f16",
        "--out",
        path(&out("bundle")),
    ]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    // As wide as the teacher's.
    assert!(imported.stdout.contains("16 values"), "{}", imported.stdout);
    let manifest = fs::read_to_string(out("bundle").join("manifest.toml")).unwrap();
    assert!(manifest.contains("[landmarks]") && manifest.contains("crop = \"aligned\""));
    let size = |file: &str| fs::metadata(out(file)).unwrap().len();
    assert!(2 * size("bundle/vggface-lite.safetensors") < size("lite.safetensors") + 4096);
}

#[test]
fn a_stopped_training_of_a_backbone_goes_on_and_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let faces = workplace(folder.path());
    let out = |name: &str| folder.path().join(name);
    assert_eq!(train_backbone(folder.path(), &faces, &out("once.safetensors"), &[]).code, 0);
    // All that a finished training needs is in its checkpoint.
    fs::copy(out("once.checkpoint"), out("again.checkpoint")).unwrap();
    let again = train_backbone(folder.path(), &faces, &out("again.safetensors"), &[]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let bytes = |name: &str| fs::read(out(name)).unwrap();
    assert_eq!(bytes("once.safetensors"), bytes("again.safetensors"));
    fs::copy(out("once.checkpoint"), out("seeded.checkpoint")).unwrap();
    let seeded = out("seeded.safetensors");
    let other = train_backbone(folder.path(), &faces, &seeded, &["--seed", "2"]);
    assert!(other.error().contains("another seed"), "{}", other.stderr);
    fs::write(out("broken.checkpoint"), &bytes("once.checkpoint")[..5000]).unwrap();
    let broken = train_backbone(folder.path(), &faces, &out("broken.safetensors"), &[]);
    assert!(broken.error().contains("broken.checkpoint"), "{}", broken.stderr);
}

#[test]
fn a_backbone_goes_on_from_the_weights_of_an_earlier_training() {
    let folder = tempfile::tempdir().unwrap();
    let faces = workplace(folder.path());
    let out = |name: &str| folder.path().join(name);
    assert_eq!(train_backbone(folder.path(), &faces, &out("first.safetensors"), &[]).code, 0);
    let go_on = |from: &Path, name: &str| {
        train_backbone(folder.path(), &faces, &out(name), &["--from", path(from)])
    };
    let second = go_on(&out("first.safetensors"), "second.safetensors");
    assert_eq!(second.code, 0, "{}", second.stderr);
    let size = |name: &str| fs::metadata(out(name)).unwrap().len();
    assert_eq!(size("first.safetensors"), size("second.safetensors"));
    assert_ne!(
        fs::read(out("first.safetensors")).unwrap(),
        fs::read(out("second.safetensors")).unwrap()
    );
    let other = go_on(&folder.path().join("teacher").join("tiny.safetensors"), "third.safetensors");
    assert!(other.error().contains("tiny.safetensors"), "{}", other.stderr);
    assert!(!out("third.safetensors").exists());
}

#[test]
fn a_backbone_gets_axes_by_kin_and_learns_on_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let faces = workplace(folder.path());
    let out = |name: &str| folder.path().join(name);
    assert_eq!(train_backbone(folder.path(), &faces, &out("first.safetensors"), &[]).code, 0);
    let list = folder.path().join("kin.csv");
    let add = |kin: &str, name: &str| {
        fs::write(&list, kin).unwrap();
        let (backbone, out) =
            (format!("vggface-lite={}", path(&out("first.safetensors"))), out(name));
        let arguments = ["train", "axes", "--backbone", &backbone];
        run(&[
            &arguments[..],
            &labeled(&faces),
            &["--relationships", path(&list), "--out", path(&out)],
        ]
        .concat())
    };
    let kin = "p1,p2\nF0001/MID1,F0001/MID2\nF0002/MID1,F0002/MID3\n";
    let added = add(kin, "axes.safetensors");
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert!(added.stdout.contains("of photos of kin in 2 families"), "{}", added.stdout);
    assert_eq!(add(kin, "again.safetensors").code, 0);
    let bytes = |name: &str| fs::read(out(name)).unwrap();
    assert_eq!(bytes("axes.safetensors"), bytes("again.safetensors"));
    assert!(bytes("axes.safetensors").len() > bytes("first.safetensors").len());
    let nobody = add("p1,p2\nF0007/MID1,F0007/MID2\n", "nobody.safetensors");
    assert!(nobody.error().contains("kin"), "{}", nobody.stderr);
    assert!(!out("nobody.safetensors").exists());
    // EntityId goes on learning goes on from what was learned from the teacher.
    let from = out("axes.safetensors");
    let (second, more) = (out("second.safetensors"), ["--from", path(&from)]);
    let second = train_backbone(folder.path(), &faces, &second, &more);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert_eq!(bytes("second.safetensors").len(), bytes("first.safetensors").len());
}

#[test]
fn faces_that_are_none_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let faces = workplace(folder.path());
    let out = folder.path().join("out.safetensors");
    let list = folder.path().join("families.txt");
    fs::write(&list, "F0001\nF0002\nF0003\n").unwrap();
    let nobody = train_landmarks(&faces, &out, &["--exclude-families", path(&list)]);
    assert!(nobody.error().contains("--photos"), "{}", nobody.stderr);
    fs::write(&list, "F0001\nthe others\n").unwrap();
    let unknown = train_landmarks(&faces, &out, &["--exclude-families", path(&list)]);
    assert!(unknown.error().contains("'the others'"), "{}", unknown.stderr);
    let (photos, _) = faces.split_once('=').unwrap();
    let missing =
        train_landmarks(&format!("{photos}/F0001={}", &faces[photos.len() + 1..]), &out, &[]);
    assert!(missing.error().contains("cannot read"), "{}", missing.stderr);
    assert!(!out.exists());
}
