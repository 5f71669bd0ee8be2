//! `kindred train --unfreeze`, as a user runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use safetensors::SafeTensors;
use serde_json::Value;

use kindred::bundle::{Bundle, Manifest};
use kindred::dataset::read_relationships;
use kindred::domain::{Outcome, Progress};
use kindred::engine::{Device, Precision};
use kindred::network::architectures::Architecture;
use kindred::photo::{Limits, decode};
use kindred::train::{Corpus, FineTunedStage, FineTuning};

use crate::support::program::{Run, path, run};
use crate::support::{bundle, families};

/// Families of two.
const FAMILIES: u64 = 64;

/// Synthetic families whose people are kin, a list of them, and the tiny network's weights.
struct Archive(tempfile::TempDir);

impl Archive {
    fn new() -> Self {
        let archive = Self(tempfile::tempdir().unwrap());
        let mut kin = String::new();
        for family in 1..=FAMILIES {
            for member in 1..=2 {
                let person = archive.path(&format!("photos/F{family:04}/MID{member}"));
                fs::create_dir_all(&person).unwrap();
                for number in 0..2 {
                    let photo = families::family_photo(family, member, number);
                    let photo = families::encoded(&photo, image::ImageFormat::Png);
                    fs::write(person.join(format!("P{member}{number}_face0.png")), photo).unwrap();
                }
            }
            kin += &format!("F{family:04}/MID1,F{family:04}/MID2,fs\n");
        }
        fs::write(archive.path("kin.csv"), kin).unwrap();
        bundle::write(&archive.path("tiny"), 1);
        archive
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn train(&self, out: &str, options: &[&str]) -> Run {
        let (photos, kin, out) = (self.path("photos"), self.path("kin.csv"), self.path(out));
        let backbone = format!("vgg16={}", path(&self.path("tiny/tiny.safetensors")));
        let data = ["train", "--photos", path(&photos), "--relationships", path(&kin)];
        let rest = ["--backbone", &backbone, "--out", path(&out), "--folds", "2"];
        // What random weights say of so few families may be no better than chance.
        // So few families are a matter of chance, and so is the verdict; of this seed it accepts the ensembles.
        let members = ["--members", "vggface-1,likelihood", "--min-auc", "0.3", "--seed", "8"];
        run(&[&data[..], &rest, &members, options].concat())
    }

    fn unfreeze(&self, out: &str) -> Run {
        self.train(out, &["--unfreeze", "last-stage", "--stage-learning-rate", "0.001"])
    }
}

/// The only backbone's tensors in a bundle, as bytes by their names.
fn tensors(bundle: &Path) -> BTreeMap<String, Vec<u8>> {
    let manifest = Manifest::read(bundle).unwrap();
    let bytes = fs::read(bundle.join(&manifest.backbones[0].weights)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

#[test]
fn an_unfrozen_last_stage_is_a_new_bundle_with_the_old_trunk_and_the_same_seed_gives_the_same_bytes()
 {
    let archive = Archive::new();
    let first = archive.unfreeze("first");
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    assert!(first.stdout.contains("last stage of vgg16: epoch "), "{}", first.stdout);
    let (bundle, frozen) = (archive.path("first"), archive.path("tiny"));
    let fingerprint = |bundle: &Path| Manifest::read(bundle).unwrap().fingerprint();
    assert_eq!(archive.train("plain", &[]).code, 0);
    assert_ne!(fingerprint(&bundle), fingerprint(&archive.path("plain")));

    let network = Architecture::Vgg16(bundle::network()).network().unwrap();
    let (trunk, stage) = network.split(network.last_stage().unwrap());
    let (before, after) = (tensors(&frozen), tensors(&bundle));
    assert!(before.keys().eq(after.keys()), "all tensors are there");
    for parameter in trunk.parameters() {
        assert!(before[&parameter.name] == after[&parameter.name], "{}", parameter.name);
    }
    for parameter in stage.parameters() {
        assert!(before[&parameter.name] != after[&parameter.name], "{}", parameter.name);
    }

    let report = fs::read(archive.path("first.training/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let stage = &report["stages"][0];
    assert_eq!(stage["families"], FAMILIES / 2);
    assert_eq!(stage["epochs"].as_array().unwrap().len(), 6);
    assert!(stage["frozen"]["roc_auc"]["value"].is_f64());
    // Half of the families were tested, each with one pair of kin of up to four photo pairs and as many others.
    assert!(report["evaluations"][0]["pairs"].as_u64().unwrap() <= FAMILIES / 2 * 4 * 2);

    assert_eq!(archive.unfreeze("second").code, 0);
    let files = |bundle: &str| {
        let bundle = archive.path(bundle);
        let weights = Manifest::read(&bundle).unwrap().backbones[0].weights.clone();
        [weights.as_str(), "kinship.safetensors"].map(|name| fs::read(bundle.join(name)).unwrap())
    };
    assert!(files("first") == files("second"), "the same seed gives the same bytes");
}

/// Asks to stop once a step of this name begins.
struct StopAt(&'static str, AtomicBool);

impl Progress for StopAt {
    fn begin(&self, what: &str, _: u64, _: &str) {
        self.1.fetch_or(what.contains(self.0), Ordering::Relaxed);
    }

    fn advance(&self, _: u64) {}

    fn cancelled(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

fn corpus(archive: &Archive, loaded: &Bundle) -> Corpus {
    let photo = |family: u64, member: u64, number: u64| {
        let id = format!("F{family:04}/MID{member}/P{member}{number}_face0");
        let file = fs::read(archive.path(&format!("photos/{id}.png"))).unwrap();
        let found = loaded.faces(&decode(&file, &Limits::default()).unwrap()).unwrap();
        (
            id.parse().unwrap(),
            loaded.embed_faces(&[&found.faces[0]]).unwrap().swap_remove(0).unwrap(),
        )
    };
    let places = (0..4 * FAMILIES).map(|at| (at / 4 + 1, at / 2 % 2 + 1, at % 2));
    let photos = places.map(|(family, member, number)| photo(family, member, number)).collect();
    let kin = read_relationships(&archive.path("kin.csv")).unwrap();
    Corpus::new("families", photos, loaded.names(), &kin).unwrap()
}

#[test]
fn an_unfreezing_that_was_stopped_goes_on_from_its_last_epoch_to_the_same_weights() {
    let archive = Archive::new();
    let bundle = archive.path("tiny");
    let loaded = Bundle::load(&bundle, Device::Cpu, Precision::F32).unwrap();
    let (corpus, manifest) = (corpus(&archive, &loaded), Manifest::read(&bundle).unwrap());
    let unfreezing = FineTuning {
        corpus: &corpus,
        loaded: &loaded,
        bundle: (&bundle, &manifest),
        data: &archive.path("photos"),
        device: Device::Cpu,
        learning_rate: 5e-3,
        seed: 2,
    };
    let train = |work: &str, stop: &'static str| {
        let progress = StopAt(stop, AtomicBool::new(false));
        match unfreezing.train(0, &archive.path(work), &progress).unwrap() {
            Outcome::Finished(stage) => Some(stage),
            Outcome::Cancelled => None,
        }
    };
    let whole = train("whole", "never").unwrap();
    assert!(train("stopped", "epoch 4 of").is_none());
    assert!(train("stopped", "epoch 3 of").is_some(), "the third epoch is not begun again");
    let resumed = train("stopped", "epoch").unwrap();
    assert_eq!((&whole.epochs, whole.selected), (&resumed.epochs, resumed.selected));
    let values = |unfrozen: FineTunedStage| {
        unfrozen.tensors.unwrap().into_iter().map(|tensor| tensor.values).collect::<Vec<_>>()
    };
    assert!(values(whole) == values(resumed));
}

#[test]
fn a_stage_that_learns_nothing_stays_frozen() {
    let archive = Archive::new();
    let run = archive.train("still", &["--unfreeze", "last-stage", "--stage-learning-rate", "0"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("last stage of vgg16: frozen"), "{}", run.stdout);
    assert!(tensors(&archive.path("still")) == tensors(&archive.path("tiny")));
}

#[test]
fn nothing_but_the_last_stage_is_unfrozen() {
    let archive = Archive::new();
    let run = archive.train("none", &["--unfreeze", "everything"]);
    assert!(run.code == 64 && run.stderr.contains("last-stage"), "{}", run.stderr);
    let run = archive.train("none", &["--stage-learning-rate", "0.1"]);
    assert!(run.code == 64 && run.stderr.contains("--unfreeze"), "{}", run.stderr);
}
