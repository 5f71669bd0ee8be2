//! A segment's vectors in a separate file, which the operating system maps into memory.
//!
//! The file is a copy. Its content follows from the store, and a missing file is written again.
//! Mapping saves memory: pages are loaded on use, and released under memory pressure. It also saves
//! time, because opening a gallery does not read every embedding from the store.
//!
//! The file has the values row by row, then the CRC-32 of each block of rows. Its name is a digest
//! of all its inputs. So a file of that name is either correct or damaged.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::matrix::BackboneSpace;
use crate::atomic_file::write_atomically;
use crate::domain::Fingerprint;

/// The folder of these files inside a gallery.
const FOLDER: &str = "vectors";
/// Rows per checksum.
const BLOCK_ROWS: usize = 1024;
/// Bytes of a value, and of a checksum.
const WORD: usize = size_of::<f32>();
/// First input of the digest. Its bytes depend on the byte order of the machine.
const FORMAT: u32 = 1;

/// Location of a segment's vectors by one backbone.
pub(in crate::gallery) struct VectorFile {
    path: PathBuf,
    rows: usize,
    width: usize,
}

/// Vectors of one width in a file.
pub(in crate::gallery) struct MappedVectors {
    file: File,
    map: Mmap,
    rows: usize,
    width: usize,
    /// Selected rows of the file, in order. `None` means all.
    selected: Option<Vec<u32>>,
}

impl VectorFile {
    /// Returns the file for the vectors of one backbone in the gallery at `gallery`.
    ///
    /// `ordinals` are those of the photos.
    pub(in crate::gallery) fn new(gallery: &Path, ordinals: &[u64], space: BackboneSpace) -> Self {
        let BackboneSpace { backbone, width } = space;
        let mut digest = Sha256::new();
        digest.update(FORMAT.to_ne_bytes());
        digest.update([backbone]);
        digest.update((width as u64).to_ne_bytes());
        digest.update(bytemuck::cast_slice(ordinals));
        let name = Fingerprint(digest.finalize().into()).to_string();
        Self { path: gallery.join(FOLDER).join(name), rows: ordinals.len(), width }
    }

    /// Writes the file. Replaces an existing one.
    pub(in crate::gallery) fn write(&self, values: &[f32]) -> io::Result<()> {
        assert_eq!(values.len(), self.rows * self.width, "as many values as rows are wide");
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let blocks = values.par_chunks(BLOCK_ROWS * self.width);
        let checksums: Vec<u32> =
            blocks.map(|block| crc32fast::hash(bytemuck::cast_slice(block))).collect();
        write_atomically(&self.path, |path| {
            let mut file = BufWriter::new(File::create(path)?);
            file.write_all(bytemuck::cast_slice(values))?;
            file.write_all(bytemuck::cast_slice(&checksums))?;
            file.flush()
        })
    }

    /// Opens the vectors. Returns `None` if the file does not exist.
    ///
    /// # Errors
    /// `InvalidData` if the file is damaged.
    pub(in crate::gallery) fn open(&self) -> io::Result<Option<MappedVectors>> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let values = self.rows * self.width;
        let checksums = self.rows.div_ceil(BLOCK_ROWS);
        if file.metadata()?.len() != ((values + checksums) * WORD) as u64 {
            return Err(ErrorKind::InvalidData.into());
        }
        let map = map(&file)?;
        let mapped =
            MappedVectors { file, map, rows: self.rows, width: self.width, selected: None };
        if mapped.is_intact() { Ok(Some(mapped)) } else { Err(ErrorKind::InvalidData.into()) }
    }

    /// Deletes all such files of a gallery except these.
    pub(in crate::gallery) fn delete_others<'a>(
        gallery: &Path,
        retained: impl Iterator<Item = &'a Self> + Clone,
    ) -> io::Result<()> {
        for path in files(gallery)? {
            if retained.clone().all(|file| file.path != path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Returns the bytes of all such files of a gallery.
    pub(in crate::gallery) fn disk_bytes(gallery: &Path) -> io::Result<u64> {
        files(gallery)?.into_iter().map(|path| Ok(fs::metadata(path)?.len())).sum()
    }
}

impl MappedVectors {
    /// Returns the vectors with only these rows of the file.
    pub(in crate::gallery) fn select(self, rows: Vec<u32>) -> Self {
        Self { selected: Some(rows), ..self }
    }

    /// Maps the file again, so that none of its pages is in memory yet.
    ///
    /// # Errors
    /// The operating system's error.
    pub(in crate::gallery) fn remap(self) -> io::Result<Self> {
        let map = map(&self.file)?;
        Ok(Self { map, ..self })
    }

    pub(in crate::gallery) fn row(&self, row: u32) -> &[f32] {
        let row = self.selected.as_ref().map_or(row, |rows| rows[row as usize]) as usize;
        &self.values()[row * self.width..][..self.width]
    }

    pub(in crate::gallery) fn rows(&self) -> u32 {
        self.selected.as_ref().map_or(self.rows, Vec::len) as u32
    }

    /// Number of rows of the file that are not selected.
    pub(in crate::gallery) fn deleted_count(&self) -> usize {
        self.selected.as_ref().map_or(0, |rows| self.rows - rows.len())
    }

    pub(in crate::gallery) fn width(&self) -> usize {
        self.width
    }

    fn values(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[..self.rows * self.width * WORD])
    }

    fn is_intact(&self) -> bool {
        let (values, checksums) = self.map.split_at(self.rows * self.width * WORD);
        let blocks = values.par_chunks(BLOCK_ROWS * self.width * WORD);
        let checksums = checksums.par_chunks_exact(WORD);
        blocks.zip(checksums).all(|(block, sum)| crc32fast::hash(block).to_ne_bytes() == *sum)
    }
}

/// Lists all such files of a gallery.
fn files(gallery: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(gallery.join(FOLDER)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}

fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: no process writes to the file while it is mapped. It is created under another name,
    // renamed, and never changed. Its gallery is locked.
    unsafe { Mmap::map(file) }
}
