//! Lists with a header, read by the names of their columns.

use std::fs::File;
use std::path::Path;

use csv::{Position, ReaderBuilder, Trim};

use super::DatasetError;

/// The columns to read from a list.
pub(super) struct NamedColumns<'a> {
    pub(super) names: &'a [&'a str],
    /// The expected columns, for error messages.
    pub(super) form: &'static str,
}

impl NamedColumns<'_> {
    /// Parses each line of the list at `path`.
    ///
    /// `parse` receives the values in the order of the names. It returns `None` for a line to leave
    /// out. In the list, the columns may be in any order and among others.
    ///
    /// # Errors
    /// - [`DatasetError::Unreadable`] if the file cannot be read.
    /// - [`DatasetError::BadList`] if a column is missing, a line is not CSV, or `parse` refuses
    ///   it.
    pub(super) fn read<T>(
        &self,
        path: &Path,
        parse: impl Fn(&[&str]) -> Result<Option<T>, String>,
    ) -> Result<Vec<T>, DatasetError> {
        let file = File::open(path).map_err(DatasetError::unreadable(path))?;
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
        let header = reader.headers().map_err(|error| self.not_csv(path, &error))?.clone();
        let mut indices = Vec::with_capacity(self.names.len());
        for name in self.names {
            let index = header
                .iter()
                .position(|column| column == *name)
                .ok_or_else(|| self.bad_list(path, 1, format!("there is no column '{name}'")))?;
            indices.push(index);
        }
        let mut parsed = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| self.not_csv(path, &error))?;
            let values: Vec<&str> = indices.iter().map(|&i| &record[i]).collect();
            let line = record.position().map_or(0, Position::line);
            parsed.extend(parse(&values).map_err(|reason| self.bad_list(path, line, reason))?);
        }
        Ok(parsed)
    }

    fn not_csv(&self, path: &Path, error: &csv::Error) -> DatasetError {
        let line = error.position().map_or(1, Position::line);
        let reason = "not readable as csv in UTF-8 with one number of columns";
        self.bad_list(path, line, reason.to_owned())
    }

    fn bad_list(&self, path: &Path, line: u64, reason: String) -> DatasetError {
        DatasetError::BadList { path: path.to_owned(), line, reason, form: self.form }
    }
}
