//! Training of all members on all splits, several in parallel.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::checkpoint::{Checkpoints, Settings};
use super::early_stopping::Epoch;
use super::member::Task;
use super::pair_set::{Panel, platt};
use super::rounds::RoundContext;
use crate::kinship::{Calibration, Head};
use crate::train::data::corpus::Corpus;
use crate::train::data::split::Split;
use crate::train::error::TrainError;

/// Trained member.
pub(crate) struct TrainedMember {
    pub(crate) recipe: &'static str,
    /// Index of the backbone.
    pub(crate) backbone: usize,
    pub(crate) head: Head,
    pub(crate) epochs: Vec<Epoch>,
}

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
        let panel = Panel::new(corpus, &members, &split.validation, seed)?;
        let is_kin = panel.is_kin();
        let calibrations = panel.scores.iter().map(|scores| platt(scores, &is_kin, None));
        let calibrations = calibrations.collect::<Result<_, _>>()?;
        Ok(Self { split: split.clone(), members, calibrations })
    }
}

/// Interval of the checks for cancellation.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Trains every recipe on every backbone on every split.
///
/// Returns `None` if `progress` was cancelled. The members trained until then are stored.
pub(crate) fn train_splits(
    corpus: &Corpus,
    splits: &[Split],
    RoundContext { options, work, progress }: RoundContext<'_>,
) -> Result<Option<Vec<TrainedSplit>>, TrainError> {
    let checkpoints = &Checkpoints::open(work, &Settings::new(corpus, options))?;
    let mut tasks = Vec::new();
    for (fold, split) in splits.iter().enumerate() {
        for recipe in &options.recipes {
            for backbone in 0..corpus.backbones.len() {
                let seed = options.seed.wrapping_add(1000 * fold as u64);
                let recipe = recipe.clone();
                tasks.push((fold, Task { corpus, split, recipe, backbone, seed }));
            }
        }
    }
    progress.begin("Training heads", tasks.len() as u64, "heads");
    let threads = rayon::current_num_threads();
    let stop = AtomicBool::new(false);
    let queue = Mutex::new(tasks.iter().enumerate());
    let (done, finished) = channel();
    let mut heads: Vec<Option<(Head, Vec<Epoch>)>> = tasks.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            let done = done.clone();
            let queue = &queue;
            let stop = &stop;
            scope.spawn(move || {
                let next = || queue.lock().ok().and_then(|mut queue| queue.next());
                while let Some((at, (_, task))) = next() {
                    let taught = one(task, checkpoints, &|| stop.load(Ordering::Relaxed));
                    if done.send((at, taught)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        loop {
            match finished.recv_timeout(ASK_EVERY) {
                Ok((at, taught)) => {
                    // The first failure stops the others at their next epoch.
                    heads[at] = taught.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                    progress.advance(1);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok::<(), TrainError>(()),
            }
            if progress.cancelled() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    })?;
    let mut members: Vec<Vec<TrainedMember>> = splits.iter().map(|_| Vec::new()).collect();
    for ((fold, task), trained) in tasks.iter().zip(heads) {
        let Some((head, epochs)) = trained else { return Ok(None) };
        members[*fold].push(TrainedMember {
            recipe: task.recipe.name,
            backbone: task.backbone,
            head,
            epochs,
        });
    }
    let splits = splits.iter().zip(members);
    let trained =
        splits.map(|(split, members)| TrainedSplit::new(corpus, split, members, options.seed));
    trained.collect::<Result<_, _>>().map(Some)
}

/// Trains one member, or reads it if it is stored.
fn one(
    task: &Task<'_>,
    checkpoints: &Checkpoints,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<(Head, Vec<Epoch>)>, TrainError> {
    if cancelled() {
        return Ok(None);
    }
    let (backbone, rows) = &task.corpus.backbones[task.backbone];
    let name = format!("{}-{backbone}-{}", task.split.name, task.recipe.name);
    if let Some(taught) = checkpoints.read(&name, &task.recipe.head, rows.dimension()) {
        return Ok(Some(taught));
    }
    let taught = task.learn(cancelled)?;
    if let Some((head, epochs)) = &taught {
        checkpoints.write(&name, head, epochs)?;
    }
    Ok(taught)
}
