//! Contact sheets of related people.

use std::fs;
use std::path::Path;

use super::error::SurveyError;
use super::showcase::{Showcase, showcase};
use super::survey::Survey;
use crate::atomic_file::write_atomically;
use crate::dataset::Source;
use crate::photo::{self, ContactSheet, Limits, Photo, SheetCell};

/// Maximum pairs on a sheet.
const PAIRS: usize = 12;

/// Draws listed kin of a surveyed `source` with some photos into a PNG `file`. Returns the number
/// of pairs.
///
/// The file is written atomically. An existing one is replaced. The same collection and list give
/// the same sheet.
///
/// # Errors
/// - [`SurveyError::NoKin`] if no listed kin have photos.
/// - [`SurveyError::Unwritable`] if the file cannot be written.
pub fn draw_kin(survey: &Survey, source: &mut Source, file: &Path) -> Result<usize, SurveyError> {
    let pairs = showcase(&survey.pedigree, PAIRS, ContactSheet::PHOTOS as usize);
    if pairs.is_empty() {
        return Err(SurveyError::NoKin);
    }
    let mut sheet = ContactSheet::new(pairs.len() as u32);
    for (row, pair) in (0..).zip(&pairs) {
        for (side, photos) in (0..).zip(&pair.photos) {
            let cell = SheetCell { row, side };
            sheet.label(cell, &label(pair, side as usize));
            for (i, photo) in (0..).zip(photos) {
                // A photo that was deleted since the survey leaves its cell white.
                if let Some(photo) = read(source, &survey.paths[photo]) {
                    sheet.draw(cell, i, &photo);
                }
            }
        }
    }
    write(file, &photo::encode_png(&sheet.finish()))?;
    Ok(pairs.len())
}

/// Returns a label such as `F0001/MID1, father`.
fn label(pair: &Showcase, side: usize) -> String {
    let role = pair.relation.map(|relation| format!(", {}", relation.roles()[side]));
    format!("{}{}", pair.people[side], role.unwrap_or_default())
}

fn read(source: &mut Source, path: &str) -> Option<Photo> {
    let limits = Limits::default();
    let bytes = source.read(path, limits.max_file_bytes).ok()?;
    photo::decode(&bytes, &limits).ok()
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), SurveyError> {
    write_atomically(file, |path| fs::write(path, bytes))
        .map_err(|source| SurveyError::Unwritable { path: file.to_owned(), source })
}
