//! Lists of photo pairs and of parents with a child, in the formats of benchmarks.

use std::fs;
use std::path::Path;

use super::DatasetError;
use super::relationships::parse_relation;
use super::table::{Table, first_line_columns, read};
use crate::atomic_file::write_atomically;
use crate::domain::Relation;

/// Two photos of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPair {
    /// Paths, relative to the list's root.
    pub photos: [String; 2],
    /// Whether they are kin. `None` if the list leaves this open.
    pub is_kin: Option<bool>,
    /// Their relation. For non-kin, the relation that they would have as kin.
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

const PAIRS: Table<4> = Table {
    columns: [
        &["photo_a", "photo_1", "photo1", "image_a", "image_1", "image1", "p1", "a"],
        &["photo_b", "photo_2", "photo2", "image_b", "image_2", "image2", "p2", "b"],
        &["kin", "is_kin", "is_related", "related", "label"],
        &["relation", "type", "ptype"],
    ],
    required: 3,
    form: "a line is photo_a,photo_b,kin[,relation], or another order under a header, or: \
           0 path path ms 1",
};

const TRIOS: Table<4> = Table {
    columns: [&["father"], &["mother"], &["child"], PAIRS.columns[2]],
    required: 4,
    form: "a line is: father mother child FMS 1, or father,mother,child,kin",
};

const SUBMISSION: Table<2> = Table {
    columns: [&["image_pair"], &["is_related"]],
    required: 1,
    form: "a line is a.jpg-b.jpg,0 under the header image_pair,is_related",
};

/// Reads photo pairs from a table or from lines of the RFIW challenge's first task.
///
/// The table has the columns `photo_a`, `photo_b`, `kin` and optionally `relation`. A line of the
/// task is `0 path path ms 1`.
///
/// # Errors
/// - [`DatasetError::Unreadable`] if the file cannot be read.
/// - [`DatasetError::BadList`] if it is empty or a line is invalid.
pub fn read_pairs(path: &Path) -> Result<Vec<ListedPair>, DatasetError> {
    let text = read(path)?;
    let pairs = match first_line_columns(&text) {
        2..=4 => PAIRS.parse(path, &text, |[a, b, kin, relation]| pair([a, b], kin, relation))?,
        _ => parse_plain(path, &text, PAIRS.form, |columns| match columns {
            [_, a, b, relation, kin] => pair([a, b], kin, relation),
            _ => Err(format!("{} columns", columns.len())),
        })?,
    };
    not_empty(path, pairs, PAIRS.form)
}

/// Reads trios from lines of the RFIW challenge's second task or from a table.
///
/// A line of the task is `father mother child FMS 1`, optionally after a number. The table has the
/// columns `father`, `mother`, `child` and `kin`.
///
/// # Errors
/// - [`DatasetError::Unreadable`] if the file cannot be read.
/// - [`DatasetError::BadList`] if it is empty or a line is invalid.
pub fn read_trios(path: &Path) -> Result<Vec<ListedTrio>, DatasetError> {
    let text = read(path)?;
    let trios = match first_line_columns(&text) {
        4 => TRIOS.parse(path, &text, |[father, mother, child, kin]| {
            trio([father, mother, child], kin)
        })?,
        _ => parse_plain(path, &text, TRIOS.form, |columns| match columns {
            [father, mother, child, _, kin] | [_, father, mother, child, _, kin] => {
                trio([father, mother, child], kin)
            }
            _ => Err(format!("{} columns", columns.len())),
        })?,
    };
    not_empty(path, trios, TRIOS.form)
}

/// Reads the pairs of a Kaggle submission, `image_pair,is_related`.
///
/// A pair is two file names with `-` between.
///
/// # Errors
/// - [`DatasetError::Unreadable`] if the file cannot be read.
/// - [`DatasetError::BadList`] if it is empty or a line is invalid.
pub fn read_submission(path: &Path) -> Result<Vec<ListedPair>, DatasetError> {
    let pairs = SUBMISSION.parse(path, &read(path)?, |[pair, _]| {
        let (a, b) = pair.split_once('-').ok_or("no - between two photos")?;
        Ok(ListedPair { photos: [a.to_owned(), b.to_owned()], is_kin: None, relation: None })
    })?;
    not_empty(path, pairs, SUBMISSION.form)
}

/// Writes a Kaggle submission, atomically: the kin probability of each pair, 0 to 1.
///
/// # Errors
/// [`DatasetError::Unwritable`] if it cannot be written.
pub fn write_submission(
    path: &Path,
    answers: impl Iterator<Item = ([String; 2], f64)>,
) -> Result<(), DatasetError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let records = answers.map(|([a, b], kin)| [format!("{a}-{b}"), format!("{kin:.6}")]);
    let header = ["image_pair".to_owned(), "is_related".to_owned()];
    for record in std::iter::once(header).chain(records) {
        writer.write_record(record).map_err(DatasetError::unwritable(path))?;
    }
    let bytes =
        writer.into_inner().map_err(|error| DatasetError::unwritable(path)(error.into_error()))?;
    write_atomically(path, |path| fs::write(path, bytes)).map_err(DatasetError::unwritable(path))
}

/// Parses each line of space-separated columns. Empty lines are skipped.
fn parse_plain<T>(
    path: &Path,
    text: &str,
    form: &'static str,
    parse: impl Fn(&[&str]) -> Result<T, String>,
) -> Result<Vec<T>, DatasetError> {
    let mut parsed = Vec::new();
    for (line, columns) in (1..).zip(text.lines().map(str::split_whitespace)) {
        let columns: Vec<&str> = columns.collect();
        if columns.is_empty() {
            continue;
        }
        let item = parse(&columns).map_err(|reason| {
            let path = path.to_owned();
            DatasetError::BadList { path, line, reason, form }
        })?;
        parsed.push(item);
    }
    Ok(parsed)
}

fn not_empty<T>(path: &Path, lines: Vec<T>, form: &'static str) -> Result<Vec<T>, DatasetError> {
    if lines.is_empty() {
        let reason = "the list is empty".to_owned();
        return Err(DatasetError::BadList { path: path.to_owned(), line: 1, reason, form });
    }
    Ok(lines)
}

fn trio(photos: [&str; 3], kin: &str) -> Result<ListedTrio, String> {
    Ok(ListedTrio { photos: photos.map(ToOwned::to_owned), is_kin: parse_label(kin)? })
}

fn pair(photos: [&str; 2], kin: &str, relation: &str) -> Result<ListedPair, String> {
    let relation = parse_relation(relation)?;
    let photos = photos.map(ToOwned::to_owned);
    Ok(ListedPair { photos, is_kin: Some(parse_label(kin)?), relation })
}

/// Parses whether a pair or trio is kin.
fn parse_label(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("'{text}' is neither 1 for kin nor 0")),
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
        let csv = read_pairs(csv.path()).unwrap();
        let rfiw = read_pairs(rfiw.path()).unwrap();
        assert_eq!(csv[0], rfiw[0]);
        assert_eq!((csv[1].is_kin, csv[1].relation), (Some(false), None));
        assert_eq!(csv[1].photos, rfiw[1].photos);
    }

    #[test]
    fn list_without_header_keeps_its_first_pair() {
        let pairs = read_pairs(file("a.jpg,b.jpg,1\na.jpg,c.jpg,0\n").path()).unwrap();
        let kin: Vec<Option<bool>> = pairs.iter().map(|pair| pair.is_kin).collect();
        assert_eq!(kin, [Some(true), Some(false)]);
        let submission = read_submission(file("a.jpg-b.jpg,0\n").path()).unwrap();
        assert_eq!(submission.len(), 1);
    }

    #[test]
    fn header_tells_the_columns_whatever_separates_them() {
        let expected = read_pairs(file("photo_a,photo_b,kin\na.jpg,b.jpg,1\n").path()).unwrap();
        for text in [
            "kin,photo_a,photo_b\n1,a.jpg,b.jpg\n",
            "Fold;Photo_B;Photo_A;Is_Kin\n3;b.jpg;a.jpg;True\n",
            "a.jpg\tb.jpg\tyes\n",
            "\u{feff}image_a,image_b,label\r\na.jpg,b.jpg,1\r\n",
        ] {
            assert_eq!(read_pairs(file(text).path()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn trios_are_read_with_a_number_before_or_without() {
        let trios = file("f.jpg m.jpg c.jpg FMS 1\n7 f.jpg m.jpg c.jpg FMD 0\n");
        let trios = read_trios(trios.path()).unwrap();
        let table = file("child,mother,father,kin\nc.jpg,m.jpg,f.jpg,1\n");
        assert_eq!(read_trios(table.path()).unwrap()[0], trios[0]);
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
            ("photo_a,kin\na,1\n", "line 1: the header has no column 'photo_b'"),
            ("first,second,third\na,b,1\n", "line 1: 'third' is neither"),
            ("", "the list is empty"),
        ] {
            let error = read_pairs(file(text).path()).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("photo_a"), "{error}");
        }
    }
}
