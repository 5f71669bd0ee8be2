//! Training on planted families: planted structure is learned, and nothing else.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use kindred::domain::{Embedding, Outcome, PhotoId, Progress, Relationship};
use kindred::train::{
    Corpus, EnsembleOptions, Recipe, ScoreMetrics, SourceReport, TrainError, TrainedEnsemble, train,
};

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

/// Families of three, each person with three photos. The first four values of a planted family's faces are similar by
/// `likeness`, 0 to 1; all others are noise.
struct Planted {
    families: usize,
    likeness: f32,
    /// Whether the members of a listed family are of three different planted families.
    shuffled: bool,
}

impl Planted {
    fn corpus(&self) -> Corpus {
        let mut random = Random(11);
        let traits: Vec<[f32; 4]> =
            (0..self.families).map(|_| std::array::from_fn(|_| random.signed())).collect();
        let (mut photos, mut kin): (Vec<(PhotoId, Vec<Embedding>)>, _) = (Vec::new(), Vec::new());
        for family in 0..self.families {
            let id = |member: usize| format!("F{:04}/MID{member}", family + 1);
            for member in 1..=3 {
                let shift = if self.shuffled { 13 * member * member } else { 0 };
                let shared = traits[(family + shift) % self.families];
                let person: [f32; WIDTH] = std::array::from_fn(|i| match shared.get(i) {
                    Some(shared) => {
                        self.likeness * shared + (1.0 - self.likeness) * random.signed()
                    }
                    None => random.signed(),
                });
                for photo in 0..3 {
                    let values = person.iter().map(|value| value + 0.2 * random.signed()).collect();
                    let name = format!("{}/P{member}{photo}_face0", id(member));
                    photos
                        .push((name.parse().unwrap(), vec![Embedding::normalize(values).unwrap()]));
                }
            }
            for (a, b) in [(1, 2), (1, 3), (2, 3)] {
                let [a, b] = [a, b].map(|member| id(member).parse().unwrap());
                kin.push(Relationship::new(a, b, None).unwrap());
            }
        }
        Corpus::new("planted", photos, &["planted".to_owned()], &kin).unwrap()
    }
}

fn corpus(families: usize, likeness: f32) -> Corpus {
    Planted { families, likeness, shuffled: false }.corpus()
}

/// With the plain regression and the cosine, as on the command line.
fn options(recipes: &[&str]) -> EnsembleOptions {
    let names = recipes.iter().copied().chain([Recipe::REGRESSION, Recipe::COSINE]);
    EnsembleOptions {
        recipes: names.map(|name| Recipe::named(name).unwrap()).collect(),
        folds: 2,
        seed: 3,
        min_auc: 0.5,
        false_accept_rate: 0.1,
    }
}

/// Returns `None` if `progress` cancelled the training.
fn run(
    corpus: &Corpus,
    recipes: &[&str],
    work: &Path,
    progress: &dyn Progress,
) -> Option<TrainedEnsemble> {
    match train(std::slice::from_ref(corpus), &options(recipes), work, progress).unwrap() {
        Outcome::Finished(trained) => Some(trained),
        Outcome::Cancelled => None,
    }
}

/// The figures of the only source.
fn evaluation(trained: &TrainedEnsemble) -> &SourceReport {
    let [evaluation] = trained.report.evaluations.as_slice() else { panic!("one source") };
    evaluation
}

#[test]
fn planted_kinship_is_learned_and_beats_the_cosine() {
    let work = tempfile::tempdir().unwrap();
    let recipes = ["vggface-1", "comparison", "likelihood", "contrastive"];
    let trained = run(&corpus(80, 0.9), &recipes, work.path(), &forever()).unwrap();
    let SourceReport { cosines, ensemble, probabilities, .. } = evaluation(&trained);
    let (cosine, best) = (cosines[0].auc(), ensemble.auc());
    assert!(best > 0.85 && best > cosine + 0.05, "{cosine} {best}");
    let interval = ensemble.ranking.unwrap().roc_auc.interval;
    assert!(interval.low > cosines[0].ranking.unwrap().roc_auc.interval.high);
    let error = probabilities.unwrap().calibration_error;
    assert!(error.value < 0.08, "{error:?}");
    let weights: f64 = trained.config.members.iter().map(|member| member.weight).sum();
    assert!((weights - 1.0).abs() < 1e-9);
    assert!(trained.report.verdict.objections.is_empty(), "{:?}", trained.report.verdict);
}

/// Nothing about the listed kin can be learned from these faces: no score separates them, searches mark strangers as
/// rarely as stated, and the ensemble is refused.
fn assert_nothing_is_learned(planted: &Planted) {
    let work = tempfile::tempdir().unwrap();
    let recipes = ["vggface-1", "likelihood", "contrastive"];
    let trained = run(&planted.corpus(), &recipes, work.path(), &forever()).unwrap();
    let SourceReport { cosines, members, joined, ensemble, identification, .. } =
        evaluation(&trained);
    let scores: Vec<&ScoreMetrics> =
        cosines.iter().chain(members).chain([joined, ensemble]).collect();
    assert_eq!(scores.len(), 1 + recipes.len() + 2 + 2);
    for score in scores {
        assert!((score.auc() - 0.5).abs() < 0.05, "{}: {}", score.name, score.auc());
    }
    assert!(!identification.is_empty());
    for figures in identification {
        let rate = figures.fpir.unwrap().value;
        assert!((0.03..0.2).contains(&rate), "{} people: {rate}", figures.people);
    }
    assert!(!trained.report.verdict.objections.is_empty());
}

#[test]
fn where_kin_have_nothing_in_common_nothing_is_learned() {
    assert_nothing_is_learned(&Planted { families: 120, likeness: 0.0, shuffled: false });
}

#[test]
fn where_kin_labels_are_shuffled_nothing_is_learned() {
    assert_nothing_is_learned(&Planted { families: 120, likeness: 0.9, shuffled: true });
}

#[test]
fn a_training_without_the_plain_regression_is_refused() {
    let work = tempfile::tempdir().unwrap();
    let mut options = options(&["likelihood"]);
    options.recipes.retain(|recipe| recipe.name != Recipe::REGRESSION);
    let error = train(&[corpus(40, 0.9)], &options, work.path(), &forever()).err().unwrap();
    assert!(matches!(error, TrainError::NoRegression), "{error}");
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
    let figures = |trained: &TrainedEnsemble| evaluation(trained).ensemble.ranking;
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
            photos.push((id, vec![Embedding::normalize(values).unwrap()]));
        }
        let [a, b] = people.map(|person| person.parse().unwrap());
        kin.push(Relationship::new(a, b, None).unwrap());
    }
    let corpus = Corpus::new("planted", photos, &["planted".to_owned()], &kin).unwrap();
    let work = tempfile::tempdir().unwrap();
    let error = train(&[corpus], &options(&["vggface-1"]), work.path(), &forever()).err().unwrap();
    let error = error.to_string();
    assert!(error.contains("pairs of kin") && error.contains("add families"), "{error}");
}
