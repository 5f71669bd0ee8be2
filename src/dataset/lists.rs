//! Lists of photo pairs and of parents with a child, as benchmarks publish them.

use std::fs;
use std::path::Path;

use super::DatasetError;
use crate::domain::Relation;
use crate::whole_file::write_whole;

/// Two photos of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPair {
    /// Paths, relative to the list's root.
    pub photos: [String; 2],
    /// Whether they are kin; none where that is asked for.
    pub is_kin: Option<bool>,
    /// How they are related, or would be if they were.
    pub relation: Option<Relation>,
}

/// A father, a mother and a child of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTrio {
    /// Paths of father, mother and child, relative to the list's root.
    pub photos: [String; 3],
    /// Whether the child is theirs.
    pub is_kin: bool,
}

/// Reads pairs: a csv with the header `photo_a,photo_b,kin` and optionally `relation`, or lines of the RFIW challenge's
/// first task, `0 path path ms 1`.
///
/// # Errors
/// When the file cannot be read, is empty, or at the first wrong line.
pub fn read_pairs(path: &Path) -> Result<Vec<ListedPair>, DatasetError> {
    const FORM: &str =
        "a line is photo_a,photo_b,kin[,relation] under such a header, or: 0 path path ms 1";
    let text = read(path)?;
    let is_csv = text.lines().next().is_some_and(|line| line.contains(','));
    let lines = if is_csv { csv_lines(path, &text, FORM)? } else { plain_lines(&text) };
    parse(
        path,
        lines,
        (FORM, |columns| match (is_csv, columns) {
            (true, [a, b, kin]) => pair([a, b], kin, ""),
            (true, [a, b, kin, relation]) => pair([a, b], kin, relation),
            (false, [_, a, b, relation, kin]) => pair([a, b], kin, relation),
            _ => Err(format!("{} columns", columns.len())),
        }),
    )
}

/// Reads trios in lines of the RFIW challenge's second task, `father mother child FMS 1`; a number may stand before.
///
/// # Errors
/// When the file cannot be read, is empty, or at the first wrong line.
pub fn read_trios(path: &Path) -> Result<Vec<ListedTrio>, DatasetError> {
    let text = read(path)?;
    let form = "a line is: father mother child FMS 1";
    parse(
        path,
        plain_lines(&text),
        (form, |columns| match columns {
            [father, mother, child, _, kin] | [_, father, mother, child, _, kin] => {
                Ok(ListedTrio {
                    photos: [father, mother, child].map(ToString::to_string),
                    is_kin: truth(kin)?,
                })
            }
            _ => Err(format!("{} columns", columns.len())),
        }),
    )
}

/// Reads the pairs of a Kaggle submission, `image_pair,is_related`, in which a pair is two file names with `-` between.
///
/// # Errors
/// When the file cannot be read, is empty, or at the first wrong line.
pub fn read_submission(path: &Path) -> Result<Vec<ListedPair>, DatasetError> {
    const FORM: &str = "a line is a.jpg-b.jpg,0 under the header image_pair,is_related";
    let lines = csv_lines(path, &read(path)?, FORM)?;
    parse(
        path,
        lines,
        (FORM, |columns| {
            let [pair, ..] = columns else { return Err("no columns".to_owned()) };
            let (a, b) = pair.split_once('-').ok_or("no - between two photos")?;
            Ok(ListedPair { photos: [a.to_owned(), b.to_owned()], is_kin: None, relation: None })
        }),
    )
}

/// Writes a Kaggle submission: per pair how likely it is kin, 0 to 1; the file is there only once it is whole.
///
/// # Errors
/// When it cannot be written.
pub fn write_submission(
    path: &Path,
    answers: impl Iterator<Item = ([String; 2], f64)>,
) -> Result<(), DatasetError> {
    let failed = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let records = answers.map(|([a, b], kin)| [format!("{a}-{b}"), format!("{kin:.6}")]);
    let header = ["image_pair".to_owned(), "is_related".to_owned()];
    for record in std::iter::once(header).chain(records) {
        writer.write_record(record).map_err(|error| failed(error.into()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    write_whole(path, |path| fs::write(path, bytes)).map_err(failed)
}

/// Numbered lines as columns.
type Lines = Vec<(u64, Vec<String>)>;

fn read(path: &Path) -> Result<String, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    fs::read_to_string(path).map_err(unreadable)
}

fn plain_lines(text: &str) -> Lines {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| (at, line.split_whitespace().map(ToOwned::to_owned).collect())).collect()
}

/// The lines after the header.
fn csv_lines(path: &Path, text: &str, form: &'static str) -> Result<Lines, DatasetError> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            DatasetError::BadList { path: path.to_owned(), line, reason: error.to_string(), form }
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        lines.push((line, record.iter().map(ToOwned::to_owned).collect()));
    }
    Ok(lines)
}

fn parse<T>(
    path: &Path,
    lines: Lines,
    (form, parse): (&'static str, impl Fn(&[&str]) -> Result<T, String>),
) -> Result<Vec<T>, DatasetError> {
    let bad = |line, reason| DatasetError::BadList { path: path.to_owned(), line, reason, form };
    if lines.is_empty() {
        return Err(bad(1, "the list is empty".into()));
    }
    let line = |(line, columns): (u64, Vec<String>)| {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        parse(&columns).map_err(|reason| bad(line, reason))
    };
    lines.into_iter().map(line).collect()
}

fn pair(photos: [&str; 2], kin: &str, relation: &str) -> Result<ListedPair, String> {
    let relation = match relation {
        "" => None,
        code => Some(code.parse::<Relation>().map_err(|error| error.to_string())?),
    };
    let photos = photos.map(ToOwned::to_owned);
    Ok(ListedPair { photos, is_kin: Some(truth(kin)?), relation })
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        other => Err(format!("'{other}' is neither 1 for kin nor 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn both_forms_of_pairs_are_read() {
        let csv = file("photo_a,photo_b,kin,relation\na.jpg,b.jpg,1,ms\nc.jpg, d.jpg ,0\n");
        let rfiw = file("0 a.jpg b.jpg ms 1\n\n1 c.jpg d.jpg bb 0\n");
        let (csv, rfiw) = (read_pairs(csv.path()).unwrap(), read_pairs(rfiw.path()).unwrap());
        assert_eq!(csv[0], rfiw[0]);
        assert_eq!((csv[1].is_kin, csv[1].relation), (Some(false), None));
        assert_eq!(csv[1].photos, rfiw[1].photos);
    }

    #[test]
    fn trios_are_read_with_a_number_before_or_without() {
        let trios = file("f.jpg m.jpg c.jpg FMS 1\n7 f.jpg m.jpg c.jpg FMD 0\n");
        let trios = read_trios(trios.path()).unwrap();
        assert_eq!(trios[0].photos, trios[1].photos);
        assert_eq!((trios[0].is_kin, trios[1].is_kin), (true, false));
    }

    #[test]
    fn a_submission_is_read_back_as_it_was_written() {
        let template = file("image_pair,is_related\na.jpg-b.jpg,0\n");
        let pairs = read_submission(template.path()).unwrap();
        let out = file("");
        write_submission(out.path(), pairs.iter().map(|pair| (pair.photos.clone(), 0.25))).unwrap();
        let text = fs::read_to_string(out.path()).unwrap();
        assert_eq!(text, "image_pair,is_related\na.jpg-b.jpg,0.250000\n");
    }

    #[test]
    fn a_wrong_line_is_named_with_the_form_it_should_have() {
        for (text, reason) in [
            ("photo_a,photo_b,kin\na,b,maybe\n", "line 2: 'maybe' is neither"),
            ("photo_a,photo_b,kin\na,b\n", "line 2: 2 columns"),
            ("0 a b cousin 1\n", "'cousin' is not a relation"),
            ("", "the list is empty"),
        ] {
            let error = read_pairs(file(text).path()).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("photo_a"), "{error}");
        }
    }
}
