//! Training of all members on all splits, several in parallel.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::calibration::platt;
use super::checkpoint::{Checkpoints, MemberSettings};
use super::early_stopping::TrainedHead;
use super::member::{Task, TrainedMember};
use super::options::{EnsembleOptions, TrainingContext};
use super::pair_set::PairSet;
use crate::domain::{Outcome, Progress};
use crate::kinship::Calibration;
use crate::train::data::corpus::Corpus;
use crate::train::data::split::Split;
use crate::train::error::TrainError;

/// Members of one split, ordered by recipe and then by backbone.
pub(crate) struct TrainedSplit {
    pub(crate) split: Split,
    pub(crate) members: Vec<TrainedMember>,
    /// Per member, the conversion of its score to log odds, fitted to the validation families.
    pub(crate) calibrations: Vec<Calibration>,
}

impl TrainedSplit {
    fn new(
        corpus: &Corpus,
        split: &Split,
        members: Vec<TrainedMember>,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let pair_set = PairSet::new(corpus, &members, &split.validation, seed)?;
        let is_kin = pair_set.is_kin();
        let calibrations = pair_set.scores.iter().map(|scores| platt(scores, &is_kin, None));
        let calibrations = calibrations.collect::<Result<_, _>>()?;
        Ok(Self { split: split.clone(), members, calibrations })
    }
}

/// Interval of the checks for cancellation.
const CANCELLATION_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Trains every recipe on every backbone on every split.
///
/// After a cancellation, the members trained until then are stored.
pub(super) fn train_splits(
    corpus: &Corpus,
    splits: &[Split],
    context: TrainingContext<'_>,
) -> Result<Outcome<Vec<TrainedSplit>>, TrainError> {
    let TrainingContext { options, work, progress } = context;
    let checkpoints = Checkpoints::open(work, &MemberSettings::new(corpus, options))?;
    let mut tasks = Vec::new();
    for (fold, split) in splits.iter().enumerate() {
        let seed = options.seed.wrapping_add(1000 * fold as u64);
        tasks.push(tasks_of_split(corpus, split, options, seed));
    }
    let all: Vec<&Task<'_>> = tasks.iter().flatten().collect();
    let mut heads = train_in_parallel(&all, &checkpoints, progress)?.into_iter();
    let mut members = Vec::new();
    for tasks in &tasks {
        let Outcome::Finished(trained) = members_of_split(tasks, &mut heads) else {
            return Ok(Outcome::Cancelled);
        };
        members.push(trained);
    }
    let trained = splits
        .iter()
        .zip(members)
        .map(|(split, members)| TrainedSplit::new(corpus, split, members, options.seed))
        .collect::<Result<_, _>>()?;
    Ok(Outcome::Finished(trained))
}

/// Joins the tasks of a split with their heads.
fn members_of_split(
    tasks: &[Task<'_>],
    heads: &mut impl Iterator<Item = Outcome<TrainedHead>>,
) -> Outcome<Vec<TrainedMember>> {
    let mut members = Vec::new();
    for (task, outcome) in tasks.iter().zip(heads) {
        let Outcome::Finished(TrainedHead { head, epochs }) = outcome else {
            return Outcome::Cancelled;
        };
        let recipe = task.recipe.name;
        members.push(TrainedMember { recipe, backbone: task.backbone, head, epochs });
    }
    Outcome::Finished(members)
}

/// Returns the members of a split, ordered by recipe and then by backbone.
fn tasks_of_split<'a>(
    corpus: &'a Corpus,
    split: &'a Split,
    options: &EnsembleOptions,
    seed: u64,
) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    for recipe in &options.recipes {
        for backbone in 0..corpus.backbones.len() {
            tasks.push(Task { corpus, split, recipe: recipe.clone(), backbone, seed });
        }
    }
    tasks
}

/// Trains members on all threads. Returns their heads in the order of the tasks.
fn train_in_parallel(
    tasks: &[&Task<'_>],
    checkpoints: &Checkpoints,
    progress: &dyn Progress,
) -> Result<Vec<Outcome<TrainedHead>>, TrainError> {
    progress.begin("Training heads", tasks.len() as u64, "heads");
    let stop = AtomicBool::new(false);
    let queue = Mutex::new(tasks.iter().enumerate());
    let (sender, finished) = channel();
    let mut heads: Vec<_> = tasks.iter().map(|_| Outcome::Cancelled).collect();
    thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads() {
            let sender = sender.clone();
            let queue = &queue;
            let stop = &stop;
            scope.spawn(move || {
                while let Some((i, task)) = queue.lock().ok().and_then(|mut queue| queue.next()) {
                    let head = load_or_train(task, checkpoints, stop);
                    if sender.send((i, head)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match finished.recv_timeout(CANCELLATION_CHECK_INTERVAL) {
                Ok((i, head)) => {
                    // The first failure stops the others at their next epoch.
                    heads[i] = head.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                    progress.advance(1);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(heads),
            }
            if progress.cancelled() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    })
}

/// Reads a member if it is stored, and trains it otherwise.
fn load_or_train(
    task: &Task<'_>,
    checkpoints: &Checkpoints,
    stop: &AtomicBool,
) -> Result<Outcome<TrainedHead>, TrainError> {
    if stop.load(Ordering::Relaxed) {
        return Ok(Outcome::Cancelled);
    }
    let (backbone, rows) = &task.corpus.backbones[task.backbone];
    let name = format!("{}-{backbone}-{}", task.split.name, task.recipe.name);
    if let Some(stored) = checkpoints.read(&name, &task.recipe.head, rows.dimension()) {
        return Ok(Outcome::Finished(stored));
    }
    let outcome = task.train(&|| stop.load(Ordering::Relaxed))?;
    if let Outcome::Finished(trained) = &outcome {
        checkpoints.write(&name, trained)?;
    }
    Ok(outcome)
}
