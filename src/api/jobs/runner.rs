//! Execution of jobs, one after another.

use std::path::Path;

use super::folder::resolve_folder;
use super::job::{Job, JobMode, JobOrigin};
use super::progress::JobProgress;
use super::queue::Jobs;
use crate::api::problem::Problem;
use crate::bundle::Bundle;
use crate::dataset::Source;
use crate::gallery::Gallery;
use crate::ingest::{Plan, Report, ingest};
use crate::pipeline::Thumbnails;

/// Adds the photos of jobs to a gallery.
pub(in crate::api) struct JobRunner<'a> {
    pub(in crate::api) jobs: &'a Jobs,
    pub(in crate::api) gallery: &'a dyn Gallery,
    pub(in crate::api) bundle: &'a Bundle,
    /// Folder from which jobs may read photos. `None` forbids it.
    pub(in crate::api) photo_root: Option<&'a Path>,
    pub(in crate::api) thumbnails: Thumbnails,
}

impl JobRunner<'_> {
    /// Runs one job after another until the queue is closed.
    pub(in crate::api) fn run(&self) {
        while let Some((job, progress)) = self.jobs.next() {
            let result = self.run_job(&job, &progress);
            if self.jobs.end(job.id, result).is_err() {
                tracing::error!(job = %job.id, "the end of a job cannot be stored");
            }
        }
    }

    /// Runs a job as `kindred ingest` does.
    fn run_job(&self, job: &Job, progress: &JobProgress) -> Result<Report, Problem> {
        let path = match &job.origin {
            JobOrigin::Archive => self.jobs.archive(job.id),
            JobOrigin::Folder(folder) => resolve_folder(self.photo_root, folder)?,
        };
        let mut plan = Plan::new(Source::open(&path)?)?;
        if matches!(self.thumbnails, Thumbnails::Create) {
            plan = plan.with_thumbnails();
        }
        if job.mode == JobMode::Force {
            plan = plan.with_known_photos();
        }
        Ok(ingest(plan, self.gallery, self.bundle, progress)?)
    }
}
