//! All members on all splits, side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::checkpoint::Checkpoints;
use super::corpus::Corpus;
use super::course::Epoch;
use super::fit::Taught;
use super::member::Task;
use super::split::Split;
use super::{Options, TrainError};
use crate::domain::Progress;
use crate::kinship::Head;

/// A member of one split and how it got there.
pub(super) struct Lesson {
    pub(super) taught: Taught,
    pub(super) epochs: Vec<Epoch>,
}

/// How often a job's caller is asked whether it should stop.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Teaches every recipe on every backbone on every split; returns per split its members, in the order of the recipes
/// and in it of the backbones. None where `progress` asked to stop; what was taught by then is kept.
pub(super) fn teach(
    corpus: &Corpus,
    splits: &[Split],
    (options, checkpoints): (&Options, &Checkpoints),
    progress: &dyn Progress,
) -> Result<Option<Vec<Vec<Lesson>>>, TrainError> {
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
    let (threads, stop) = (rayon::current_num_threads(), AtomicBool::new(false));
    let (queue, (done, finished)) = (Mutex::new(tasks.iter().enumerate()), channel());
    let mut heads: Vec<Option<(Head, Vec<Epoch>)>> = tasks.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            let done = done.clone();
            let (queue, stop) = (&queue, &stop);
            scope.spawn(move || {
                let next = || queue.lock().ok().and_then(|mut queue| queue.next());
                while let Some((at, (fold, task))) = next() {
                    let taught = one(*fold, task, (checkpoints, &|| stop.load(Ordering::Relaxed)));
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
                    // The first failure ends the others at their next epoch.
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
    let mut lessons: Vec<Vec<Lesson>> = splits.iter().map(|_| Vec::new()).collect();
    for ((fold, task), taught) in tasks.iter().zip(heads) {
        let Some((head, epochs)) = taught else { return Ok(None) };
        let taught = Taught { recipe: task.recipe.name, backbone: task.backbone, head };
        lessons[*fold].push(Lesson { taught, epochs });
    }
    Ok(Some(lessons))
}

/// Teaches one member, unless it was before.
fn one(
    fold: usize,
    task: &Task<'_>,
    (checkpoints, cancelled): (&Checkpoints, &dyn Fn() -> bool),
) -> Result<Option<(Head, Vec<Epoch>)>, TrainError> {
    if cancelled() {
        return Ok(None);
    }
    let (backbone, rows) = &task.corpus.backbones[task.backbone];
    let name = format!("{fold}-{backbone}-{}", task.recipe.name);
    if let Some(taught) = checkpoints.read(&name, (&task.recipe.head, rows.dimension())) {
        return Ok(Some(taught));
    }
    let taught = task.learn(cancelled)?;
    if let Some((head, epochs)) = &taught {
        checkpoints.write(&name, (head, epochs))?;
    }
    Ok(taught)
}
