//! Progress of a long job: a bar on a terminal, plain lines elsewhere. Ctrl-C requests a stop.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::exit::Failure;
use super::output::note;
use crate::domain::Progress;
use crate::error::ErrorKind;

/// Interval between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Progress display on standard error.
pub(crate) struct Display {
    bar: ProgressBar,
    is_terminal: bool,
    unit: Mutex<String>,
    last_line: Mutex<Instant>,
    cancelled: Arc<AtomicBool>,
    successor: Successor,
}

/// Handler of signals after the job.
type Successor = Arc<Mutex<Option<Box<dyn Fn() + Send>>>>;

impl Display {
    /// Installs handlers for Ctrl-C and SIGTERM, and starts the display.
    ///
    /// The first signal requests that the job stops at its next safe point.
    /// A second one ends the process at once.
    pub(crate) fn start() -> Result<Self, Failure> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let successor = Successor::default();
        let flag = Arc::clone(&cancelled);
        let next = Arc::clone(&successor);
        let on_signal = move || {
            if let Some(stop) = &*next.lock().unwrap_or_else(PoisonError::into_inner) {
                return stop();
            }
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            note!("stopping after this batch; once more to stop at once");
        };
        ctrlc::set_handler(on_signal).map_err(|error| {
            Failure::new(ErrorKind::Internal, format!("cannot handle Ctrl-C: {error}"))
        })?;
        let is_terminal = stderr().is_terminal();
        let target =
            if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        Ok(Self {
            bar,
            is_terminal,
            unit: Mutex::default(),
            last_line: Mutex::new(Instant::now()),
            cancelled,
            successor,
        })
    }

    /// Clears the bar, so that a report can follow.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Clears the bar. From now on Ctrl-C and SIGTERM call `stop`.
    pub(crate) fn hand_over(&self, stop: impl Fn() + Send + 'static) {
        self.finish();
        let mut successor = self.successor.lock().unwrap_or_else(PoisonError::into_inner);
        *successor = Some(Box::new(stop));
    }
}

impl Progress for Display {
    fn begin(&self, what: &str, total: u64, unit: &str) {
        *self.unit.lock().unwrap_or_else(PoisonError::into_inner) = unit.to_owned();
        let bar = format!(
            "{{msg}} [{{wide_bar}}] {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left"
        );
        let template = if total == 0 { "{msg} …" } else { &bar };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let unit = unit.to_owned();
            let rate = move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                // The writer is indicatif's own buffer.
                let _ = write!(out, "{:.1} {unit}/s", state.per_sec());
            };
            self.bar.set_style(style.with_key("per_sec", rate));
        }
        self.bar.reset();
        self.bar.set_length(total);
        self.bar.set_message(what.to_owned());
        if !self.is_terminal {
            let units = if total == 0 { String::new() } else { format!(", {total} {unit}") };
            note!("{what}{units}");
        }
    }

    fn advance(&self, units: u64) {
        self.bar.inc(units);
        let mut last_line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_terminal && last_line.elapsed() >= LINE_EVERY {
            *last_line = Instant::now();
            let done = self.bar.position();
            let total = self.bar.length().unwrap_or_default();
            let rate = self.bar.per_sec();
            let left = HumanDuration(self.bar.eta());
            let unit = self.unit.lock().unwrap_or_else(PoisonError::into_inner);
            note!("{done} of {total} {unit}, {rate:.1} {unit}/s, {left} left");
        }
    }

    fn resume(&self, units: u64) {
        self.bar.inc(units);
        self.bar.reset_eta();
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
