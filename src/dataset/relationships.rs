//! Lists of kin in csv.

use std::fs::File;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim, Writer};

use super::DatasetError;
use crate::domain::{MemberId, Relation, Relationship};

/// Reads kin pairs: `F0002/MID1,F0002/MID3`, optionally with a third column, the relation's code.
///
/// `F0002\MID1` is read as `F0002/MID1`. A first line that begins with `p1` is the header. A pair listed twice is
/// returned once, at its first place.
///
/// # Errors
/// When the file cannot be read, or at the first line that is no pair of two different people.
pub fn read_relationships(path: &Path) -> Result<Vec<Relationship>, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(file);
    let mut pairs = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for record in reader.records() {
        let bad =
            |line, reason| DatasetError::BadRelationship { path: path.to_owned(), line, reason };
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            bad(line, "not readable as csv in UTF-8".into())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        if line == 1 && record.get(0) == Some("p1") {
            continue;
        }
        let pair = parse(&record).map_err(|reason| bad(line, reason))?;
        if seen.insert(pair) {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

/// Writes kin pairs as [`read_relationships`] reads them, with a header; the relation is empty where it is not known.
///
/// # Errors
/// When the file cannot be written.
pub fn write_relationships(path: &Path, pairs: &[Relationship]) -> Result<(), DatasetError> {
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut csv = Writer::from_path(path).map_err(|error| unwritable(error.into()))?;
    csv.write_record(["p1", "p2", "relation"]).map_err(|error| unwritable(error.into()))?;
    for pair in pairs {
        let [first, second] = pair.people().map(|person| person.to_string());
        let relation = pair.relation().map_or("", Relation::code);
        csv.write_record([&first, &second, relation]).map_err(|error| unwritable(error.into()))?;
    }
    csv.flush().map_err(unwritable)
}

fn parse(record: &StringRecord) -> Result<Relationship, String> {
    if !(2..=3).contains(&record.len()) {
        return Err(format!("{} columns instead of 2 or 3", record.len()));
    }
    let person = |column: usize| -> Result<MemberId, String> {
        record[column].replace('\\', "/").parse().map_err(|error| format!("{error}"))
    };
    let relation = match record.get(2) {
        None | Some("") => None,
        Some(code) => Some(code.parse::<Relation>().map_err(|error| error.to_string())?),
    };
    Relationship::new(person(0)?, person(1)?, relation).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let name = |pair: &Relationship| {
            let [first, second] = pair.people();
            let relation = pair.relation().map(|relation| relation.code()).unwrap_or("?");
            format!("{first} {second} {relation}")
        };
        let pairs = read_relationships(file.path()).map_err(|error| error.to_string())?;
        Ok(pairs.iter().map(name).collect())
    }

    #[test]
    fn both_slashes_a_header_and_a_relation_are_read() {
        let text = "p1,p2,relation\nF0002/MID1,F0002/MID3\nF0002\\MID2 , F0002\\MID3,ms\n";
        let expected = ["F0002/MID1 F0002/MID3 ?", "F0002/MID2 F0002/MID3 ms"];
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let good = "F0002/MID1,F0002/MID3\n";
        for (line, reason) in [
            ("F0002/MID1", "1 columns"),
            ("F0002/MID1,F0002", "'F0002' is not a person"),
            ("F0002/MID1,F0002/MID1", "their own relative"),
            ("F0002/MID1,F0002/MID3,cousin", "'cousin' is not a relation"),
        ] {
            let error = read(&format!("{good}{line}\n")).unwrap_err();
            assert!(error.contains("line 2") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_pair_listed_twice_counts_once() {
        assert_eq!(read("F0002/MID1,F0002/MID3\nF0002\\MID1,F0002\\MID3\n").unwrap().len(), 1);
    }
}
