//! Training on planted families: what can be learned is learned, and nothing else.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use kindred::domain::{Embedding, PhotoId, Progress, Relationship};
use kindred::kinship::Recipe;
use kindred::train::{Corpus, Options, TrainError, Trained, train};

use crate::support::Random;

const WIDTH: usize = 16;

/// Asks to stop after some heads.
struct StopAfter(AtomicU64);

impl Progress for StopAfter {
    fn begin(&self, _: &str, _: u64, _: &str) {}

    fn advance(&self, units: u64) {
        self.0.fetch_sub(units, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

fn forever() -> StopAfter {
    StopAfter(AtomicU64::new(u64::MAX))
}

/// Families of three, each person with three photos. The first four values of a family's faces are alike as far as
/// `likeness` goes, 0 to 1; all others are noise.
fn corpus(families: usize, likeness: f32) -> Corpus {
    let mut random = Random(11);
    let (mut photos, mut kin): (Vec<(PhotoId, Vec<Embedding>)>, _) = (Vec::new(), Vec::new());
    for family in 1..=families {
        let shared: [f32; 4] = std::array::from_fn(|_| random.signed());
        let id = |member: usize| format!("F{family:04}/MID{member}");
        for member in 1..=3 {
            let person: [f32; WIDTH] = std::array::from_fn(|at| match shared.get(at) {
                Some(shared) => likeness * shared + (1.0 - likeness) * random.signed(),
                None => random.signed(),
            });
            for photo in 0..3 {
                let values = person.iter().map(|value| value + 0.2 * random.signed()).collect();
                let name = format!("{}/P{member}{photo}_face0", id(member));
                photos.push((name.parse().unwrap(), vec![Embedding::normalise(values).unwrap()]));
            }
        }
        for (a, b) in [(1, 2), (1, 3), (2, 3)] {
            let [a, b] = [a, b].map(|member| id(member).parse().unwrap());
            kin.push(Relationship::new(a, b, None).unwrap());
        }
    }
    Corpus::new(photos, &["planted".to_owned()], &kin).unwrap()
}

fn options(recipes: &[&str]) -> Options {
    Options {
        recipes: recipes.iter().map(|name| Recipe::named(name).unwrap()).collect(),
        folds: 2,
        seed: 3,
        min_auc: 0.5,
        false_accept_rate: 0.1,
    }
}

fn run(corpus: &Corpus, recipes: &[&str], work: &Path, progress: &dyn Progress) -> Option<Trained> {
    train(corpus, &options(recipes), work, progress).unwrap()
}

#[test]
fn planted_kinship_is_learned_and_beats_the_cosine() {
    let work = tempfile::tempdir().unwrap();
    let recipes = ["vggface-1", "comparison", "likelihood", "contrastive"];
    let trained = run(&corpus(80, 0.9), &recipes, work.path(), &forever()).unwrap();
    let report = &trained.report;
    let (cosine, best) = (report.cosine[0].mean_fold_auc(), report.mean.mean_fold_auc());
    assert!(best > 0.85 && best > cosine + 0.05, "{cosine} {best}");
    let interval = report.mean.figures.unwrap().roc_auc.interval;
    assert!(interval.low > report.cosine[0].figures.unwrap().roc_auc.interval.high);
    let error = report.probabilities.unwrap().calibration_error;
    assert!(error.value < 0.08, "{error:?}");
    let weights: f64 = trained.config.members.iter().map(|member| member.weight).sum();
    assert!((weights - 1.0).abs() < 1e-9);
}

#[test]
fn where_kin_have_nothing_in_common_nothing_is_learned() {
    let work = tempfile::tempdir().unwrap();
    let recipes = ["vggface-1", "likelihood", "contrastive"];
    let result = train(&corpus(120, 0.0), &options(&recipes), work.path(), &forever());
    // By chance a member may seem better than the cosine on the few validation families; on the test families it is not.
    match result {
        Ok(trained) => {
            let report = trained.unwrap().report;
            for judgment in [&report.mean, &report.weighted, &report.cosine[0]] {
                let figure = judgment.figures.unwrap().roc_auc;
                assert!((figure.value - 0.5).abs() < 0.05, "{}: {figure:?}", judgment.name);
            }
        }
        Err(TrainError::NoMember { .. } | TrainError::NotCalibrated) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_whether_it_was_stopped_or_not() {
    let corpus = corpus(40, 0.9);
    let recipes = ["vggface-3", "inception", "contrastive"];
    let (whole, stopped) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = run(&corpus, &recipes, whole.path(), &forever()).unwrap();
    let stop = StopAfter(AtomicU64::new(4));
    assert!(run(&corpus, &recipes, stopped.path(), &stop).is_none());
    let second = run(&corpus, &recipes, stopped.path(), &forever()).unwrap();
    assert_eq!(first.config, second.config);
    assert!(first.weights == second.weights, "weights differ");
    let figures = |trained: &Trained| trained.report.mean.figures;
    assert_eq!(figures(&first), figures(&second));
}

#[test]
fn a_damaged_checkpoint_is_trained_again() {
    let corpus = corpus(40, 0.9);
    let work = tempfile::tempdir().unwrap();
    let first = run(&corpus, &["vggface-1"], work.path(), &forever()).unwrap();
    let members = std::fs::read_dir(work.path()).unwrap().next().unwrap().unwrap().path();
    for entry in std::fs::read_dir(&members).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let second = run(&corpus, &["vggface-1"], work.path(), &forever()).unwrap();
    assert!(first.weights == second.weights);
}

#[test]
fn kin_who_are_only_ever_in_one_photograph_teach_nothing() {
    let mut random = Random(5);
    let (mut photos, mut kin) = (Vec::new(), Vec::new());
    for family in 1..=20 {
        let people = [1, 2].map(|member| format!("F{family:04}/MID{member}"));
        for (face, person) in people.iter().enumerate() {
            let values = (0..WIDTH).map(|_| random.signed()).collect();
            let id = format!("{person}/P00001_face{face}").parse().unwrap();
            photos.push((id, vec![Embedding::normalise(values).unwrap()]));
        }
        let [a, b] = people.map(|person| person.parse().unwrap());
        kin.push(Relationship::new(a, b, None).unwrap());
    }
    let corpus = Corpus::new(photos, &["planted".to_owned()], &kin).unwrap();
    let work = tempfile::tempdir().unwrap();
    let error = train(&corpus, &options(&["vggface-1"]), work.path(), &forever()).err().unwrap();
    let error = error.to_string();
    assert!(error.contains("pairs of kin") && error.contains("add families"), "{error}");
}
