//! Atomic file writes.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Writes a file atomically: `write` creates it under a temporary name next to `file`, then it is
/// renamed.
///
/// The rename follows once the content is on disk. If the program ends earlier, `file` is
/// unchanged.
///
/// # Errors
/// The operating system's error if the file cannot be written. Then the temporary file is deleted.
pub fn write_atomically(
    file: &Path,
    write: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".unfinished-{}", std::process::id()));
    let unfinished = file.with_file_name(name);
    let written = write(&unfinished)
        .and_then(|()| File::open(&unfinished)?.sync_all())
        .and_then(|()| fs::rename(&unfinished, file));
    if written.is_err() {
        // The rest of it is useless, and may not exist.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_as_it_was_when_another_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figures.json");
        write_atomically(&file, |path| fs::write(path, "first")).unwrap();
        let failed = write_atomically(&file, |path| {
            fs::write(path, "sec")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&file).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write_atomically(&file, |path| fs::write(path, "second")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
    }
}
