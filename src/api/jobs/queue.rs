//! Job queue, stored in a folder of the gallery: one file per job, and its archive. One job runs at a time.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use uuid::Uuid;

use super::job::{Job, Mode, Origin, State as JobState};
use super::progress::JobProgress;
use crate::api::problem::Problem;
use crate::api::server::State;
use crate::atomic_file::write_atomically;
use crate::dataset::Source;
use crate::error::ErrorKind;
use crate::ingest::{Plan, Report, ingest};

/// Name of the folder inside a gallery.
const FOLDER: &str = "jobs";
/// Maximum number of waiting jobs.
const MOST_WAITING: usize = 100;
/// Maximum number of ended jobs that the service lists.
const MOST_ENDED: usize = 1000;

/// Jobs of a gallery.
pub(in crate::api) struct Jobs {
    folder: PathBuf,
    known: Mutex<Known>,
    /// Locked while a job is created. Of two requests with one key, the second returns the first one's job.
    making: Mutex<()>,
    /// Notified when a job is added, and when the queue closes.
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    jobs: BTreeMap<Uuid, Job>,
    running: Option<(Uuid, Arc<JobProgress>)>,
    is_closing: bool,
}

impl Jobs {
    /// Reads the jobs of the gallery at `gallery`.
    ///
    /// A job that was interrupted with its service runs again. It finds most of its photos enrolled.
    pub(in crate::api) fn of(gallery: &Path) -> io::Result<Self> {
        let folder = gallery.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let mut jobs = BTreeMap::new();
        let mut others = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            // A damaged job file cannot be resumed. The client can send its photos again.
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

    /// Returns the path of a job's archive.
    pub(in crate::api) fn archive(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.zip"))
    }

    /// Returns the folder that receives uploaded archives.
    pub(in crate::api) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the job that a client requested under this key.
    fn known(&self, key: &str) -> Option<Job> {
        let known = self.lock();
        let mut jobs = known.jobs.values();
        jobs.find(|job| job.idempotency_key.as_deref() == Some(key)).cloned()
    }

    /// Returns all jobs, the oldest first.
    pub(in crate::api) fn all(&self) -> Vec<Job> {
        let known = self.lock();
        known.jobs.values().map(|job| known.told(job)).collect()
    }

    pub(in crate::api) fn get(&self, id: Uuid) -> Option<Job> {
        let known = self.lock();
        known.jobs.get(&id).map(|job| known.told(job))
    }

    /// Adds the job that `make` returns, unless a job with this key exists.
    ///
    /// The job is on disk when this function returns.
    pub(in crate::api) fn add(
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

    /// Requests that a job stops, if it exists. A waiting job ends at once.
    pub(in crate::api) fn cancel(&self, id: Uuid) -> Result<Option<Job>, Problem> {
        let mut known = self.lock();
        if let Some((_, progress)) = known.running.as_ref().filter(|(running, _)| *running == id) {
            progress.stop.store(true, Ordering::Relaxed);
        } else if let Some(job) = known.jobs.get_mut(&id).filter(|job| job.is_open()) {
            job.end(JobState::Cancelled, None);
            self.close(job)?;
        }
        Ok(known.jobs.get(&id).map(|job| known.told(job)))
    }

    /// Closes the queue: no further job starts.
    ///
    /// The running job stops after its batch, and the next service resumes it.
    pub(in crate::api) fn close_all(&self) {
        let mut known = self.lock();
        known.is_closing = true;
        if let Some((_, progress)) = &known.running {
            progress.stop.store(true, Ordering::Relaxed);
        }
        self.changed.notify_all();
    }

    /// Waits for a job to run. Returns `None` if the queue is closed.
    fn next(&self) -> Option<(Job, Arc<JobProgress>)> {
        let mut known = self.lock();
        loop {
            if known.is_closing {
                return None;
            }
            if let Some(job) = known.jobs.values_mut().find(|job| job.is_open()) {
                job.state = JobState::Running;
                let job = job.clone();
                let progress = Arc::new(JobProgress::default());
                known.running = Some((job.id, Arc::clone(&progress)));
                return Some((job, progress));
            }
            known = self.changed.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Records the end of the running job.
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

    /// Records that a job has ended, and deletes its archive.
    fn close(&self, job: &Job) -> Result<(), Problem> {
        self.write(job)?;
        // The job may have had no archive.
        let _ = fs::remove_file(self.archive(job.id));
        Ok(())
    }

    fn write(&self, job: &Job) -> Result<(), Problem> {
        let text = serde_json::to_vec_pretty(job).expect("plain data becomes JSON");
        let written = write_atomically(&self.file(job.id), |path| fs::write(path, text));
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
            // The job is no longer listed, even if its file cannot be deleted.
            let _ = fs::remove_file(self.file(*id));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a job from a file. Returns `None` if the file holds no valid job.
fn read(path: &Path) -> Option<Job> {
    let is_job = path.extension().is_some_and(|extension| extension == "json");
    let bytes = is_job.then(|| fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&bytes).ok()
}

impl Known {
    /// Returns a job with its current progress.
    fn told(&self, job: &Job) -> Job {
        let mut job = job.clone();
        if let Some((_, progress)) = self.running.as_ref().filter(|(id, _)| *id == job.id) {
            progress.tell(&mut job);
        }
        job
    }
}

/// Runs one job after another until the queue is closed.
pub(in crate::api) fn work(state: &State) {
    while let Some((job, progress)) = state.jobs.next() {
        let result = run(state, &job, &progress);
        if state.jobs.ended(job.id, result).is_err() {
            tracing::error!(job = %job.id, "the end of a job cannot be stored");
        }
    }
}

/// Runs a job as `kindred ingest` does.
fn run(state: &State, job: &Job, progress: &JobProgress) -> Result<Report, Problem> {
    let path = match &job.origin {
        Origin::Archive => state.jobs.archive(job.id),
        Origin::Folder(folder) => inside(state.photo_root.as_deref(), folder)?,
    };
    let mut plan = Plan::new(Source::open(&path)?)?;
    if state.keep_photos {
        plan = plan.with_thumbnails();
    }
    if job.mode == Mode::Force {
        plan = plan.with_known_photos();
    }
    Ok(ingest(plan, &*state.gallery, state.model.bundle(), progress)?)
}

/// Resolves a folder inside the allowed root, after links are followed.
pub(in crate::api) fn inside(root: Option<&Path>, folder: &str) -> Result<PathBuf, Problem> {
    let root = root.ok_or_else(|| {
        Problem::invalid("no folder of the server may be read; start it with --photo-root")
    })?;
    let outside = || Problem::invalid("the folder is not inside the one that may be read");
    let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(folder).components().all(is_plain) {
        return Err(outside());
    }
    // The error does not reveal whether another file exists there.
    let real = root.canonicalize().and_then(|root| Ok((root.join(folder).canonicalize()?, root)));
    let (path, root) = real.map_err(|_| Problem::invalid("there is no such folder"))?;
    if path.starts_with(&root) { Ok(path) } else { Err(outside()) }
}
