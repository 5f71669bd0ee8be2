//! Lists as tables, with columns by header name, or by index without a header.

use std::fs;
use std::path::Path;

use super::DatasetError;

/// Column layout of a list.
pub(super) struct Table<const N: usize> {
    /// The names of each column, in lowercase, in the order of a list without header.
    pub(super) columns: [&'static [&'static str]; N],
    /// Number of required columns. They come first; the rest may be left out.
    pub(super) required: usize,
    /// The expected form of a line, for error messages.
    pub(super) form: &'static str,
}

/// A line of a list.
struct TableRow {
    /// Number of the line, from 1.
    line: u64,
    values: Vec<String>,
}

impl TableRow {
    /// Returns the value of a column. A missing column is empty.
    fn value(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.values.get(column)).map_or("", String::as_str)
    }
}

/// Column separators. The most frequent one in the first line is used.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Reads a list as text.
///
/// # Errors
/// [`DatasetError::Unreadable`] if the file cannot be read as UTF-8.
pub(super) fn read(path: &Path) -> Result<String, DatasetError> {
    let text = fs::read_to_string(path).map_err(DatasetError::unreadable(path))?;
    // Spreadsheets begin a list with a byte order mark.
    Ok(text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text))
}

/// Returns the number of columns of the first line with the most frequent separator.
pub(super) fn first_line_columns(text: &str) -> usize {
    let first = text.lines().next().unwrap_or_default();
    let separator = separator(first);
    first.bytes().filter(|&byte| byte == separator).count() + 1
}

impl<const N: usize> Table<N> {
    /// Parses each line of `text`, the content of the list at `path`.
    ///
    /// `parse` receives the values in the order of the columns. A missing column is empty. The
    /// first line is a header if it has the name of a column. Then columns may be in any order and
    /// among others.
    ///
    /// # Errors
    /// [`DatasetError::BadList`] if a required column is missing, or `parse` refuses a line.
    pub(super) fn parse<T>(
        &self,
        path: &Path,
        text: &str,
        parse: impl Fn([&str; N]) -> Result<T, String>,
    ) -> Result<Vec<T>, DatasetError> {
        let rows = rows(text).map_err(|line| self.error(path, line, "not readable as csv"))?;
        let header = rows.first().and_then(|first| self.header(&first.values));
        let indices = header.unwrap_or_else(|| std::array::from_fn(Some));
        if let Some(missing) = (0..self.required).find(|&column| indices[column].is_none()) {
            let reason = format!("the header has no column '{}'", self.columns[missing][0]);
            return Err(self.error(path, 1, reason));
        }
        let mut parsed = Vec::with_capacity(rows.len());
        for row in &rows[usize::from(header.is_some())..] {
            let found = row.values.len();
            let is_complete = indices[..self.required].iter().flatten().all(|&i| i < found);
            if !is_complete || (header.is_none() && found > N) {
                return Err(self.error(path, row.line, format!("{found} columns")));
            }
            let values = indices.map(|column| row.value(column));
            parsed.push(parse(values).map_err(|reason| self.error(path, row.line, reason))?);
        }
        Ok(parsed)
    }

    /// Returns the index of each column. Returns `None` if these are not the values of a header.
    fn header(&self, values: &[String]) -> Option<[Option<usize>; N]> {
        let values: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
        let indices = self
            .columns
            .map(|names| values.iter().position(|value| names.contains(&value.as_str())));
        indices.iter().any(Option::is_some).then_some(indices)
    }

    fn error(&self, path: &Path, line: u64, reason: impl Into<String>) -> DatasetError {
        let reason = reason.into();
        DatasetError::BadList { path: path.to_owned(), line, reason, form: self.form }
    }
}

fn separator(line: &str) -> u8 {
    // Of equally frequent ones the first is used.
    let most_frequent = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|separator| line.bytes().filter(|byte| byte == separator).count());
    most_frequent.unwrap_or(SEPARATORS[0])
}

/// Returns the nonempty lines with their values, or the number of an unreadable line.
fn rows(text: &str) -> Result<Vec<TableRow>, u64> {
    let first = text.lines().next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator(first))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.position().map_or(0, csv::Position::line))?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(TableRow { line, values: record.iter().map(ToOwned::to_owned).collect() });
    }
    Ok(rows)
}
