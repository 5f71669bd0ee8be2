//! Output of a command: lines on standard output and standard error, and files.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{fmt, fs};

use super::exit::Failure;
use crate::atomic_file::write_atomically;
use crate::error::io_kind;

/// Prints a line on standard output.
///
/// Unlike `println!`, it does not panic if the output is closed or its disk is full.
macro_rules! line {
    () => { $crate::cli::output::write_line(format_args!("")) };
    ($($argument:tt)*) => { $crate::cli::output::write_line(format_args!($($argument)*)) };
}

/// Prints a line on standard error.
///
/// Unlike `eprintln!`, it does not panic if the output is closed or its disk is full.
macro_rules! note {
    ($($argument:tt)*) => { $crate::cli::output::write_note(format_args!($($argument)*)) };
}

pub(crate) use {line, note};

/// The first error of standard output. Later lines are not written.
static STDOUT_ERROR: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes a line to standard output. An error does not stop the command: [`finish`] returns it.
pub(crate) fn write_line(line: fmt::Arguments<'_>) {
    let mut failed = STDOUT_ERROR.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.is_none() {
        *failed = writeln!(io::stdout().lock(), "{line}").err();
    }
}

/// Writes a line to standard error. An error of this stream cannot be reported.
pub(crate) fn write_note(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Ends the output of a command. A pipe closed by its reader is no failure.
///
/// # Errors
/// If a line could not be written, such as to a full disk.
pub(crate) fn finish() -> Result<(), Failure> {
    let flushed = io::stdout().flush().err();
    let failed = STDOUT_ERROR.lock().unwrap_or_else(PoisonError::into_inner).take();
    match failed.or(flushed) {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            let detail = format!("cannot write to standard output: {error}");
            Err(Failure::new(io_kind(&error), detail))
        }
        _ => Ok(()),
    }
}

/// Writes a file atomically: it exists only once it is complete.
pub(crate) fn write_output(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_atomically(file, |path| fs::write(path, bytes)).map_err(|error| {
        Failure::new(io_kind(&error), format!("cannot write {}: {error}", file.display()))
    })
}
