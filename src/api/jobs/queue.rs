//! Job queue, stored in a folder of the data directory: one file per job, and its archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use uuid::Uuid;

use super::job::{Job, JobState};
use super::progress::JobProgress;
use crate::api::problem::Problem;
use crate::atomic_file::write_atomically;
use crate::error::ErrorKind;
use crate::ingest::Report;

/// Name of the folder in the data directory.
const FOLDER: &str = "jobs";
/// Maximum number of waiting jobs.
const MAX_WAITING: usize = 100;
/// Maximum number of ended jobs that the service lists.
const MAX_ENDED: usize = 1000;

/// Jobs of a service. One runs at a time.
pub(in crate::api) struct Jobs {
    folder: PathBuf,
    records: Mutex<JobRecords>,
    /// Locked while a job is created. Of two requests with one key, the second returns the first
    /// one's job.
    creation: Mutex<()>,
    /// Notified when a job is added, and when the queue closes.
    changed: Condvar,
}

#[derive(Default)]
struct JobRecords {
    jobs: BTreeMap<Uuid, Job>,
    running: Option<RunningJob>,
    is_closing: bool,
}

struct RunningJob {
    id: Uuid,
    progress: Arc<JobProgress>,
}

impl Jobs {
    /// Reads the jobs in a data directory of a service.
    ///
    /// A job that was interrupted with its service runs again. It finds most of its photos added.
    ///
    /// # Errors
    /// If the folder of the jobs cannot be created or read.
    pub(in crate::api) fn open(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let mut jobs = BTreeMap::new();
        let mut other_files = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            // A damaged job file cannot be resumed. The client can send its photos again.
            match read(&path) {
                Some(job) => drop(jobs.insert(job.id, job)),
                None => other_files.push(path),
            }
        }
        let records = Mutex::new(JobRecords { jobs, ..JobRecords::default() });
        let jobs = Self { folder, records, creation: Mutex::new(()), changed: Condvar::new() };
        let open = jobs.all().into_iter().filter(Job::is_open);
        let archives: Vec<PathBuf> = open.map(|job| jobs.archive(job.id)).collect();
        for path in other_files.iter().filter(|path| !archives.contains(path)) {
            fs::remove_file(path)?;
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
    fn find(&self, key: &str) -> Option<Job> {
        let records = self.lock();
        let mut jobs = records.jobs.values();
        jobs.find(|job| job.idempotency_key.as_deref() == Some(key)).cloned()
    }

    /// Returns all jobs, the oldest first.
    pub(in crate::api) fn all(&self) -> Vec<Job> {
        let records = self.lock();
        records.jobs.values().map(|job| records.with_progress(job)).collect()
    }

    pub(in crate::api) fn get(&self, id: Uuid) -> Option<Job> {
        let records = self.lock();
        records.jobs.get(&id).map(|job| records.with_progress(job))
    }

    /// Adds the job that `create` returns, unless a job with this key exists.
    ///
    /// The job is on disk when this function returns.
    ///
    /// # Errors
    /// - The error of `create`.
    /// - `Overloaded` if too many jobs wait.
    /// - `Unavailable` if the job cannot be stored.
    pub(in crate::api) fn add(
        &self,
        key: Option<String>,
        create: impl FnOnce(Option<String>) -> Result<Job, Problem>,
    ) -> Result<Job, Problem> {
        let _guard = self.creation.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = key.as_deref().and_then(|key| self.find(key)) {
            return Ok(job);
        }
        let job = create(key)?;
        let mut records = self.lock();
        if records.jobs.values().filter(|job| job.is_open()).count() >= MAX_WAITING {
            let detail = "too many jobs are waiting; try again when some have ended";
            return Err(Problem::new(ErrorKind::Overloaded, detail));
        }
        self.write(&job)?;
        records.jobs.insert(job.id, job.clone());
        self.delete_old(&mut records);
        self.changed.notify_all();
        Ok(job)
    }

    /// Requests that a job stops, if it exists. A waiting job ends at once.
    ///
    /// # Errors
    /// `Unavailable` if the end of the job cannot be stored.
    pub(in crate::api) fn cancel(&self, id: Uuid) -> Result<Option<Job>, Problem> {
        let mut records = self.lock();
        if let Some(running) = records.running.as_ref().filter(|running| running.id == id) {
            running.progress.stop.store(true, Ordering::Relaxed);
        } else if let Some(job) = records.jobs.get_mut(&id).filter(|job| job.is_open()) {
            job.end(JobState::Cancelled, None);
            self.store_end(job)?;
        }
        Ok(records.jobs.get(&id).map(|job| records.with_progress(job)))
    }

    /// Closes the queue: no further job starts.
    ///
    /// The running job stops after its batch, and the next service resumes it.
    pub(in crate::api) fn close(&self) {
        let mut records = self.lock();
        records.is_closing = true;
        if let Some(running) = &records.running {
            running.progress.stop.store(true, Ordering::Relaxed);
        }
        self.changed.notify_all();
    }

    /// Waits for a job to run. Returns `None` if the queue is closed.
    pub(super) fn next(&self) -> Option<(Job, Arc<JobProgress>)> {
        let mut records = self.lock();
        loop {
            if records.is_closing {
                return None;
            }
            if let Some(job) = records.jobs.values_mut().find(|job| job.is_open()) {
                job.state = JobState::Running;
                let job = job.clone();
                let progress = Arc::new(JobProgress::default());
                records.running = Some(RunningJob { id: job.id, progress: Arc::clone(&progress) });
                return Some((job, progress));
            }
            records = self.changed.wait(records).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Records the end of the running job.
    ///
    /// # Errors
    /// `Unavailable` if the end of the job cannot be stored.
    pub(super) fn end(&self, id: Uuid, result: Result<Report, Problem>) -> Result<(), Problem> {
        let mut records = self.lock();
        let Some(running) = records.running.take() else { return Ok(()) };
        let is_closing = records.is_closing;
        let Some(job) = records.jobs.get_mut(&id) else { return Ok(()) };
        running.progress.copy_to(job);
        match result {
            Ok(Report { cancelled: true, .. }) if is_closing => return Ok(()),
            Ok(report) => {
                let state = if report.cancelled { JobState::Cancelled } else { JobState::Done };
                job.set_result(report);
                job.end(state, None);
            }
            Err(error) => job.end(JobState::Failed, Some(error.to_string())),
        }
        self.store_end(job)
    }

    /// Stores a job that has ended, and deletes its archive.
    fn store_end(&self, job: &Job) -> Result<(), Problem> {
        self.write(job)?;
        // The job may have had no archive.
        let _ = fs::remove_file(self.archive(job.id));
        Ok(())
    }

    fn write(&self, job: &Job) -> Result<(), Problem> {
        let text = serde_json::to_vec_pretty(job).expect("plain data becomes JSON");
        write_atomically(&self.file(job.id), |path| fs::write(path, text)).map_err(|error| {
            Problem::new(ErrorKind::Unavailable, format!("a job cannot be stored: {error}"))
        })
    }

    fn file(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Deletes the oldest ended jobs over the maximum.
    fn delete_old(&self, records: &mut JobRecords) {
        let ended = records.jobs.values().filter(|job| !job.is_open()).map(|job| job.id);
        let ended: Vec<Uuid> = ended.collect();
        for id in &ended[..ended.len().saturating_sub(MAX_ENDED)] {
            records.jobs.remove(id);
            // The job is no longer listed, even if its file cannot be deleted.
            let _ = fs::remove_file(self.file(*id));
        }
    }

    fn lock(&self) -> MutexGuard<'_, JobRecords> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a job from a file. Returns `None` if the file holds no valid job.
fn read(path: &Path) -> Option<Job> {
    let is_job = path.extension().is_some_and(|extension| extension == "json");
    let bytes = is_job.then(|| fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&bytes).ok()
}

impl JobRecords {
    /// Returns a job with its current progress.
    fn with_progress(&self, job: &Job) -> Job {
        let mut job = job.clone();
        if let Some(running) = self.running.as_ref().filter(|running| running.id == job.id) {
            running.progress.copy_to(&mut job);
        }
        job
    }
}
