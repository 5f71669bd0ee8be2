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
    /// `parse` receives the values in the order of the names. It returns `None` for a line to leave out. In the list, the
    /// columns may be in any order and among others.
    ///
    /// # Errors
    /// - [`DatasetError::Unreadable`] if the file cannot be read.
    /// - [`DatasetError::BadList`] if a column is missing, a line is not csv, or `parse` refuses it.
    pub(super) fn read<T>(
        &self,
        path: &Path,
        parse: impl Fn(&[&str]) -> Result<Option<T>, String>,
    ) -> Result<Vec<T>, DatasetError> {
        let bad = |line, reason| DatasetError::BadList {
            path: path.to_owned(),
            line,
            reason,
            form: self.form,
        };
        let file = File::open(path)
            .map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
        let unreadable = |error: csv::Error| {
            let line = error.position().map_or(1, Position::line);
            bad(line, "not readable as csv in UTF-8 with one number of columns".to_owned())
        };
        let header = reader.headers().map_err(unreadable)?.clone();
        let mut indices = Vec::with_capacity(self.names.len());
        for name in self.names {
            let index = header.iter().position(|column| column == *name);
            indices.push(index.ok_or_else(|| bad(1, format!("there is no column '{name}'")))?);
        }
        let mut parsed = Vec::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let values: Vec<&str> = indices.iter().map(|&i| &record[i]).collect();
            let line = record.position().map_or(0, Position::line);
            parsed.extend(parse(&values).map_err(|reason| bad(line, reason))?);
        }
        Ok(parsed)
    }
}
