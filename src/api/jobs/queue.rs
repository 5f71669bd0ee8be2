//! Jobs, stored in a folder of the gallery: a file each, and their archives. One runs at a time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::inside;
use super::job::{Job, Mode, Origin, State as JobState};
use super::progress::JobProgress;
use crate::api::problem::Problem;
use crate::api::server::State;
use crate::dataset::Source;
use crate::error::ErrorKind;
use crate::ingest::{Plan, Report, ingest};
use crate::whole_file::write_whole;

/// The folder inside a gallery.
const FOLDER: &str = "jobs";
/// Jobs that may wait.
const MOST_WAITING: usize = 100;
/// Jobs that have ended and are still told of.
const MOST_ENDED: usize = 1000;

/// The jobs of a gallery.
pub(in crate::api) struct Jobs {
    folder: PathBuf,
    known: Mutex<Known>,
    /// Held while a job is made: of two requests with one key the second finds the first one's job.
    making: Mutex<()>,
    /// Told of when there is another job, or no more will come.
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    jobs: BTreeMap<Uuid, Job>,
    running: Option<(Uuid, Arc<JobProgress>)>,
    is_closing: bool,
}

impl Jobs {
    /// The jobs of the gallery at `gallery`. What was under way when a service ended is to be done again, and finds most of
    /// it done.
    pub(in crate::api) fn of(gallery: &Path) -> io::Result<Self> {
        let folder = gallery.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let (mut jobs, mut others) = (BTreeMap::new(), Vec::new());
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            // One that was damaged cannot be gone on with; its photos can be sent again.
            match read(&path) {
                Some(job) => drop(jobs.insert(job.id, job)),
                None => others.push(path),
            }
        }
        let known = Mutex::new(Known { jobs, ..Known::default() });
        let jobs = Self { folder, known, making: Mutex::new(()), changed: Condvar::new() };
        let open = jobs.all().into_iter().filter(Job::is_open);
        let archives: Vec<PathBuf> = open.map(|job| jobs.archive(job.id)).collect();
        for left in others.iter().filter(|path| !archives.contains(path)) {
            fs::remove_file(left)?;
        }
        Ok(jobs)
    }

    /// Where a job's archive is.
    pub(super) fn archive(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.zip"))
    }

    /// Where archives are while they arrive.
    pub(in crate::api) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The job that a client has asked for under this key.
    fn known(&self, key: &str) -> Option<Job> {
        let known = self.lock();
        let mut jobs = known.jobs.values();
        jobs.find(|job| job.idempotency_key.as_deref() == Some(key)).cloned()
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> Vec<Job> {
        let known = self.lock();
        known.jobs.values().map(|job| known.told(job)).collect()
    }

    pub(super) fn get(&self, id: Uuid) -> Option<Job> {
        let known = self.lock();
        known.jobs.get(&id).map(|job| known.told(job))
    }

    /// Adds the job that `make` gives, unless there is one under this key already; it is on disk when this returns.
    pub(super) fn add(
        &self,
        key: Option<String>,
        make: impl FnOnce(Option<String>) -> Result<Job, Problem>,
    ) -> Result<Job, Problem> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = key.as_deref().and_then(|key| self.known(key)) {
            return Ok(known);
        }
        let job = make(key)?;
        let mut known = self.lock();
        if known.jobs.values().filter(|job| job.is_open()).count() >= MOST_WAITING {
            let detail = "too many jobs are waiting; try again when some have ended";
            return Err(Problem::new(ErrorKind::Overloaded, detail));
        }
        self.write(&job)?;
        known.jobs.insert(job.id, job.clone());
        self.forget_old(&mut known);
        self.changed.notify_all();
        Ok(job)
    }

    /// Asks a job to stop, if there is one; one that waits has ended then.
    pub(super) fn cancel(&self, id: Uuid) -> Result<Option<Job>, Problem> {
        let mut known = self.lock();
        if let Some((_, progress)) = known.running.as_ref().filter(|(running, _)| *running == id) {
            progress.stop.store(true, Ordering::Relaxed);
        } else if let Some(job) = known.jobs.get_mut(&id).filter(|job| job.is_open()) {
            job.end(JobState::Cancelled, None);
            self.close(job)?;
        }
        Ok(known.jobs.get(&id).map(|job| known.told(job)))
    }

    /// No job is begun any more, and the one that runs stops after its batch, to be gone on with by the next service.
    pub(in crate::api) fn close_all(&self) {
        let mut known = self.lock();
        known.is_closing = true;
        if let Some((_, progress)) = &known.running {
            progress.stop.store(true, Ordering::Relaxed);
        }
        self.changed.notify_all();
    }

    /// Waits for a job that is to be done; none where no more will be.
    fn next(&self) -> Option<(Job, Arc<JobProgress>)> {
        let mut known = self.lock();
        loop {
            if known.is_closing {
                return None;
            }
            if let Some(job) = known.jobs.values_mut().find(|job| job.is_open()) {
                job.state = JobState::Running;
                let (job, progress) = (job.clone(), Arc::new(JobProgress::default()));
                known.running = Some((job.id, Arc::clone(&progress)));
                return Some((job, progress));
            }
            known = self.changed.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The job that ran has ended.
    fn ended(&self, id: Uuid, result: Result<Report, Problem>) -> Result<(), Problem> {
        let mut known = self.lock();
        let Some((_, progress)) = known.running.take() else { return Ok(()) };
        let is_closing = known.is_closing;
        let Some(job) = known.jobs.get_mut(&id) else { return Ok(()) };
        progress.tell(job);
        match result {
            Ok(Report { cancelled: true, .. }) if is_closing => return Ok(()),
            Ok(report) => {
                let state = if report.cancelled { JobState::Cancelled } else { JobState::Done };
                job.report(report);
                job.end(state, None);
            }
            Err(error) => job.end(JobState::Failed, Some(error.to_string())),
        }
        self.close(job)
    }

    /// Writes down that a job has ended, and removes its archive.
    fn close(&self, job: &Job) -> Result<(), Problem> {
        self.write(job)?;
        // It may never have had one.
        let _ = fs::remove_file(self.archive(job.id));
        Ok(())
    }

    fn write(&self, job: &Job) -> Result<(), Problem> {
        let text = serde_json::to_vec_pretty(job).expect("plain data becomes JSON");
        let written = write_whole(&self.file(job.id), |path| fs::write(path, text));
        written.map_err(|error| {
            Problem::new(ErrorKind::Unavailable, format!("a job cannot be stored: {error}"))
        })
    }

    fn file(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn forget_old(&self, known: &mut Known) {
        let ended = known.jobs.values().filter(|job| !job.is_open()).map(|job| job.id);
        let ended: Vec<Uuid> = ended.collect();
        for id in &ended[..ended.len().saturating_sub(MOST_ENDED)] {
            known.jobs.remove(id);
            // It is told of no more, whether its file goes or not.
            let _ = fs::remove_file(self.file(*id));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The job in a file, if one is in it.
fn read(path: &Path) -> Option<Job> {
    let is_job = path.extension().is_some_and(|extension| extension == "json");
    let bytes = is_job.then(|| fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&bytes).ok()
}

impl Known {
    /// A job with how far it is.
    fn told(&self, job: &Job) -> Job {
        let mut job = job.clone();
        if let Some((_, progress)) = self.running.as_ref().filter(|(id, _)| *id == job.id) {
            progress.tell(&mut job);
        }
        job
    }
}

/// Does one job after the other until there will be no more.
pub(in crate::api) fn work(state: &State) {
    while let Some((job, progress)) = state.jobs.next() {
        let result = run(state, &job, &progress);
        if state.jobs.ended(job.id, result).is_err() {
            tracing::error!(job = %job.id, "the end of a job cannot be stored");
        }
    }
}

/// The same as `kindred ingest` does.
fn run(state: &State, job: &Job, progress: &JobProgress) -> Result<Report, Problem> {
    let path = match &job.origin {
        Origin::Archive => state.jobs.archive(job.id),
        Origin::Folder(folder) => inside(state.photo_root.as_deref(), folder)?,
    };
    let plan = Plan::new(Source::open(&path)?)?;
    let plan = plan.with_thumbnails(state.keep_photos).with_known_photos(job.mode == Mode::Force);
    Ok(ingest(plan, &state.gallery, state.model.embedder(), progress)?)
}
