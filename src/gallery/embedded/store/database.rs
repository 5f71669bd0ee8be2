//! Opens sled's files.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use std::{fs, io};

use super::error::StoreError;
use super::guard::guarded;

/// The folder of sled's files inside a gallery.
pub(super) const FOLDER: &str = "store";

/// sled's page cache in memory. A larger one made nothing faster, because searches use separate
/// vectors.
const CACHE_BYTES: u64 = 8 << 20;

/// Number of attempts to get sled's lock.
///
/// sled releases it a moment after the last handle is dropped, on a busy machine after seconds. The
/// process that has the gallery open also holds our lock. So no process waits for this one in vain.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// sled's file of records, the last file of a new database.
const RECORDS: &str = "db";
/// sled's file of settings, the first file of a new database.
const SETTINGS: &str = "conf";

/// Returns whether the gallery at `path` has a database.
pub(super) fn exists(path: &Path) -> bool {
    path.join(FOLDER).join(RECORDS).is_file()
}

/// Opens or creates the database in a folder of the gallery at `path`. Requires the gallery's lock.
pub(super) fn open(path: &Path, folder: &str) -> Result<sled::Db, StoreError> {
    let folder = path.join(folder);
    // Every write here is followed by an explicit flush, so sled's own timer is off.
    let config = sled::Config::new().path(&folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    let failed = |error| opening(path, error);
    remove_unfinished(&folder)
        .map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    guarded(|| {
        for _ in 1..LOCK_TRIES {
            match config.open() {
                Err(sled::Error::Io(error)) if is_lock(&error) => sleep(LOCK_PAUSE),
                other => return other.map_err(failed),
            }
        }
        config.open().map_err(failed)
    })
}

/// Deletes unfinished files of a killed process, which sled would take for finished ones.
///
/// These are the state that sled writes at each opening, next to the previous one, and the settings
/// of a database without records.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let is_new = !folder.join(RECORDS).is_file();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let is_state = path.extension().is_some_and(|extension| extension == "generating");
        if is_state || (is_new && path.ends_with(SETTINGS)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn opening(path: &Path, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) if is_lock(&error) => StoreError::InUse { path: path.to_owned() },
        sled::Error::Io(source) => StoreError::Io { path: path.to_owned(), source },
        // sled stores its settings in a file, and these settings are not ours.
        sled::Error::Unsupported(reason) => StoreError::Corrupt { what: reason },
        other => other.into(),
    }
}

/// sled 0.34 names its lock only in the text of the error.
fn is_lock(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}
