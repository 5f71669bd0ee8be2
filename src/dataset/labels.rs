//! CSV lists of photos with a label each.

use std::path::Path;

use super::DatasetError;
use super::table::read;

/// A photo and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabeledPhoto {
    /// Path of the photo, relative to the folder of the photos.
    pub path: String,
    /// Its label in the list.
    pub label: String,
}

/// Reads the columns `path` and `column` of a list, in any order and among others.
///
/// Photos with an empty label are left out.
///
/// # Errors
/// - [`DatasetError::Unreadable`] if the file cannot be read.
/// - [`DatasetError::BadList`] if a column is missing or a line is not CSV.
pub fn read_labels(path: &Path, column: &str) -> Result<Vec<LabeledPhoto>, DatasetError> {
    let bad = |line, reason: String| DatasetError::BadList {
        path: path.to_owned(),
        line,
        reason,
        form: "the first line names the columns, one of them path",
    };
    let text = read(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        bad(line, "not readable as csv with one number of columns".to_owned())
    };
    let header = reader.headers().map_err(unreadable)?.clone();
    let index = |name: &str| {
        let index = header.iter().position(|known| known == name);
        index.ok_or_else(|| bad(1, format!("there is no column '{name}'")))
    };
    let path_index = index("path")?;
    let label_index = index(column)?;
    let mut photos = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if !record[label_index].is_empty() {
            let path = record[path_index].to_owned();
            let label = record[label_index].to_owned();
            photos.push(LabeledPhoto { path, label });
        }
    }
    Ok(photos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_is_read_by_the_name_of_its_column() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "age,path,look\n3,a.jpg,one\n4,b.jpg,\n5, c.jpg , two\n")
            .unwrap();
        let labeled = |path: &str, label: &str| LabeledPhoto {
            path: path.to_owned(),
            label: label.to_owned(),
        };
        let expected = [labeled("a.jpg", "one"), labeled("c.jpg", "two")];
        assert_eq!(read_labels(file.path(), "look").unwrap(), expected);
        let error = read_labels(file.path(), "sex").unwrap_err().to_string();
        assert!(error.contains("no column 'sex'"), "{error}");
    }
}
