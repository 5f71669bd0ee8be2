//! Sources of photos: a folder, or a zip archive that is read without extraction.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};
use zip::ZipArchive;

use super::DatasetError;

/// A folder or zip archive of photos.
pub struct Source {
    path: PathBuf,
    storage: SourceStorage,
}

enum SourceStorage {
    Folder,
    Archive(ZipArchive<BufReader<File>>),
}

/// Content of a [`Source`].
#[derive(Debug, Default)]
pub struct Listing {
    /// Files with a photo extension, relative to the source, with `/`, in byte order.
    pub photos: Vec<String>,
    /// Folders and files that could not be listed.
    pub unreadable: Vec<UnreadableEntry>,
    /// Number of files without a photo extension.
    pub other_files: usize,
}

/// A part of a source that cannot be read.
#[derive(Debug)]
pub struct UnreadableEntry {
    /// Path in the source.
    pub path: String,
    /// The reason, as text.
    pub reason: String,
}

impl Source {
    /// Opens a folder, or a file as a zip archive.
    ///
    /// # Errors
    /// - [`DatasetError::Unreadable`] if it does not exist or may not be read.
    /// - [`DatasetError::BadArchive`] if it is not a zip archive.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        // A link to a family's folder is resolved, because its target has the family's name.
        let real = path.canonicalize().map_err(DatasetError::unreadable(path))?;
        let storage = if real.is_dir() {
            SourceStorage::Folder
        } else {
            let file = File::open(&real).map_err(DatasetError::unreadable(path))?;
            let file = BufReader::new(file);
            SourceStorage::Archive(ZipArchive::new(file).map_err(|error| {
                DatasetError::BadArchive { path: path.to_owned(), reason: error.to_string() }
            })?)
        };
        Ok(Self { path: real, storage })
    }

    /// The folder or archive itself, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the full path that identifies the person in `photo`.
    ///
    /// It includes the source's own folder, which may itself be one family's or person's.
    pub(super) fn identifying_path(&self, photo: &str) -> PathBuf {
        match self.storage {
            SourceStorage::Folder => self.path.join(photo),
            SourceStorage::Archive(_) => PathBuf::from(photo),
        }
    }

    /// Lists the files with one of `extensions` (lowercase, compared without case).
    ///
    /// Hidden files and folders are ignored, and so is the `__MACOSX` folder of archives made on
    /// macOS.
    ///
    /// # Errors
    /// [`DatasetError::NoPhotos`] if no photo is found.
    pub fn list(&self, extensions: &[&str]) -> Result<Listing, DatasetError> {
        let mut listing = match &self.storage {
            SourceStorage::Folder => list_folder(&self.path, extensions),
            SourceStorage::Archive(archive) => list_archive(archive, extensions),
        };
        if listing.photos.is_empty() && listing.unreadable.is_empty() {
            return Err(DatasetError::NoPhotos { path: self.path.clone() });
        }
        listing.photos.sort_unstable();
        Ok(listing)
    }

    /// Reads one listed photo.
    ///
    /// Reads at most one byte more than `max_bytes` of it, so that a decoder can refuse it.
    ///
    /// # Errors
    /// The operating system's error if the file is missing, unreadable, or damaged inside its
    /// archive.
    pub fn read(&mut self, photo: &str, max_bytes: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match &mut self.storage {
            SourceStorage::Folder => {
                File::open(self.path.join(photo))?.take(max_bytes + 1).read_to_end(&mut bytes)
            }
            SourceStorage::Archive(archive) => archive
                .by_name(photo)
                .map_err(io::Error::other)?
                .take(max_bytes + 1)
                .read_to_end(&mut bytes),
        }?;
        Ok(bytes)
    }
}

fn list_folder(root: &Path, extensions: &[&str]) -> Listing {
    let mut listing = Listing::default();
    for entry in WalkDir::new(root).follow_links(true).into_iter().filter_entry(is_visible) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                add(&mut listing, relative(root, entry.path()), extensions);
            }
            Ok(_) => {}
            Err(error) => listing.unreadable.push(UnreadableEntry {
                path: error.path().map(|path| relative(root, path)).unwrap_or_default(),
                reason: error
                    .io_error()
                    .map_or_else(|| "a loop of links".into(), io::Error::to_string),
            }),
        }
    }
    listing
}

fn list_archive(archive: &ZipArchive<BufReader<File>>, extensions: &[&str]) -> Listing {
    let mut listing = Listing::default();
    for name in archive.file_names() {
        match name {
            Ok(name)
                if name.ends_with('/') || name.split('/').any(|p| is_hidden(OsStr::new(p))) => {}
            Ok(name) => add(&mut listing, name.into_owned(), extensions),
            Err(error) => listing
                .unreadable
                .push(UnreadableEntry { path: "an entry".into(), reason: error.to_string() }),
        }
    }
    listing
}

fn add(listing: &mut Listing, path: String, extensions: &[&str]) {
    let extension = Path::new(&path).extension().and_then(OsStr::to_str).unwrap_or_default();
    if extensions.contains(&extension.to_ascii_lowercase().as_str()) {
        listing.photos.push(path);
    } else {
        listing.other_files += 1;
    }
}

fn is_visible(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !is_hidden(entry.file_name())
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "__MACOSX"
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(OsStr::to_string_lossy).collect();
    parts.join("/")
}
