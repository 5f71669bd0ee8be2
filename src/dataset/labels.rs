//! CSV lists of photos with a label each.

use std::path::Path;

use super::DatasetError;
use super::named_columns::NamedColumns;

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
    let columns = NamedColumns {
        names: &["path", column],
        form: "the first line names the columns, one of them path",
    };
    columns.read(path, |values| {
        let photo = LabeledPhoto { path: values[0].to_owned(), label: values[1].to_owned() };
        Ok((!photo.label.is_empty()).then_some(photo))
    })
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
