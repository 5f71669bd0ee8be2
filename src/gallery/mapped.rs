//! The vectors of a segment in a file of their own, which the operating system maps into memory.
//!
//! The file is a copy: what is in it follows from the store, and it is written anew where it is missing. It spares the memory
//! (pages are there while they are used, and given back when others need the room), and the time of asking the store
//! for every embedding when a gallery is opened. It has the values row after row, and after them the CRC-32 of each block
//! of rows. Its name is a digest of all that it follows from, so that a file of that name is the right one or damaged.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::matrix::{Precision, Vectors};
use crate::domain::Fingerprint;
use crate::whole_file::write_whole;

/// The folder of these files inside a gallery.
const FOLDER: &str = "vectors";
/// Rows with a checksum of their own.
const BLOCK_ROWS: usize = 1024;
/// Bytes of a value, and of a checksum.
const WORD: usize = size_of::<f32>();
/// What the digest begins with; in another order of bytes it is another one.
const FORMAT: u32 = 1;

/// The place of a segment's vectors by one backbone.
pub(super) struct VectorFile {
    path: PathBuf,
    rows: usize,
    width: usize,
}

/// Vectors of one width in a file.
pub(super) struct Mapped {
    file: File,
    map: Mmap,
    rows: usize,
    width: usize,
    /// Which rows of the file count, and in which order; all, where it is none.
    kept: Option<Vec<u32>>,
}

impl VectorFile {
    /// The file in the gallery at `gallery` of the embeddings by the backbone at place `backbone`, `width` values each, of the
    /// photos with these numbers.
    pub(super) fn new(gallery: &Path, ordinals: &[u64], (backbone, width): (u8, usize)) -> Self {
        let mut digest = Sha256::new();
        digest.update(FORMAT.to_ne_bytes());
        digest.update([backbone]);
        digest.update((width as u64).to_ne_bytes());
        digest.update(bytemuck::cast_slice(ordinals));
        let name = Fingerprint(digest.finalize().into()).to_string();
        Self { path: gallery.join(FOLDER).join(name), rows: ordinals.len(), width }
    }

    /// Writes the file, in place of one that there may be.
    pub(super) fn write(&self, values: &[f32]) -> io::Result<()> {
        assert_eq!(values.len(), self.rows * self.width, "as many values as rows are wide");
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let blocks = values.par_chunks(BLOCK_ROWS * self.width);
        let checksums: Vec<u32> =
            blocks.map(|block| crc32fast::hash(bytemuck::cast_slice(block))).collect();
        write_whole(&self.path, |path| {
            let mut file = BufWriter::new(File::create(path)?);
            file.write_all(bytemuck::cast_slice(values))?;
            file.write_all(bytemuck::cast_slice(&checksums))?;
            file.flush()
        })
    }

    /// The vectors, if the file is there.
    ///
    /// # Errors
    /// `InvalidData` when it is damaged.
    pub(super) fn open(&self) -> io::Result<Option<Mapped>> {
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
        let mapped = Mapped { file, map, rows: self.rows, width: self.width, kept: None };
        if mapped.is_whole() { Ok(Some(mapped)) } else { Err(ErrorKind::InvalidData.into()) }
    }

    /// Removes all such files of a gallery but these.
    pub(super) fn keep_only<'a>(
        gallery: &Path,
        kept: impl Iterator<Item = &'a Self> + Clone,
    ) -> io::Result<()> {
        for path in files(gallery)? {
            if kept.clone().all(|file| file.path != path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Bytes of all such files of a gallery.
    pub(super) fn disk_bytes(gallery: &Path) -> io::Result<u64> {
        files(gallery)?.into_iter().map(|path| Ok(fs::metadata(path)?.len())).sum()
    }
}

impl Mapped {
    /// The same with these rows of the file only.
    pub(super) fn keeping(self, rows: Vec<u32>) -> Self {
        Self { kept: Some(rows), ..self }
    }

    pub(super) fn row(&self, at: u32) -> &[f32] {
        let at = self.kept.as_ref().map_or(at, |kept| kept[at as usize]) as usize;
        &self.values()[at * self.width..][..self.width]
    }

    pub(super) fn rows(&self) -> u32 {
        self.kept.as_ref().map_or(self.rows, Vec::len) as u32
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The vectors with so many bits of each value. Of a file that stays mapped no page is in memory yet.
    ///
    /// # Errors
    /// When the file cannot be mapped anew.
    pub(super) fn kept(self, precision: Precision) -> io::Result<Vectors> {
        match precision {
            Precision::Full => {
                let map = map(&self.file)?;
                Ok(Vectors::Mapped(Self { map, ..self }))
            }
            Precision::Half => {
                let rows = (0..self.rows() as usize).map(|row| self.row(row as u32));
                Ok(Vectors::half(rows, self.width))
            }
        }
    }

    fn values(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[..self.rows * self.width * WORD])
    }

    fn is_whole(&self) -> bool {
        let (values, checksums) = self.map.split_at(self.rows * self.width * WORD);
        let blocks = values.par_chunks(BLOCK_ROWS * self.width * WORD);
        let checksums = checksums.par_chunks_exact(WORD);
        blocks.zip(checksums).all(|(block, sum)| crc32fast::hash(block).to_ne_bytes() == *sum)
    }
}

/// All such files of a gallery.
fn files(gallery: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(gallery.join(FOLDER)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}

fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: nobody writes to the file while it is mapped: it is made under another name and renamed, never changed, and its
    // gallery is locked.
    unsafe { Mmap::map(file) }
}
