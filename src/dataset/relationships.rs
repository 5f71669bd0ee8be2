//! CSV lists of kin.

use std::collections::HashSet;
use std::path::Path;

use csv::Writer;

use super::DatasetError;
use super::table::{Table, read};
use crate::domain::{IdentityError, PersonId, Relation, Relationship, RelationshipError};

const RELATIONSHIPS: Table<3> = Table {
    columns: [
        &["p1", "person_a", "person_1", "person1", "a"],
        &["p2", "person_b", "person_2", "person2", "b"],
        &["relation", "type", "ptype"],
    ],
    required: 2,
    form: "a line is F0002/MID1,F0002/MID3 and may end in a relation",
};

/// Reads kin pairs: `F0002/MID1,F0002/MID3`, optionally with a third column, the relation's code.
///
/// Under a header, `p1,p2,relation`, the columns may have another order. `F0002\MID1` is read as
/// `F0002/MID1`. A pair listed twice is returned once, at its first position.
///
/// # Errors
/// - [`DatasetError::Unreadable`] if the file cannot be read.
/// - [`DatasetError::BadList`] at the first line that is not a pair of two different people.
pub fn read_relationships(path: &Path) -> Result<Vec<Relationship>, DatasetError> {
    let mut pairs = RELATIONSHIPS.parse(path, &read(path)?, parse)?;
    let mut seen = HashSet::new();
    pairs.retain(|pair| seen.insert(*pair));
    Ok(pairs)
}

/// Writes kin pairs in the format of [`read_relationships`], with a header. An unknown relation is
/// empty.
///
/// # Errors
/// [`DatasetError::Unwritable`] if the file cannot be written.
pub fn write_relationships(path: &Path, pairs: &[Relationship]) -> Result<(), DatasetError> {
    let mut csv = Writer::from_path(path).map_err(DatasetError::unwritable(path))?;
    csv.write_record(["p1", "p2", "relation"]).map_err(DatasetError::unwritable(path))?;
    for pair in pairs {
        let [first, second] = pair.people().map(|person| person.to_string());
        let relation = pair.relation().map_or("", Relation::code);
        csv.write_record([&first, &second, relation]).map_err(DatasetError::unwritable(path))?;
    }
    csv.flush().map_err(DatasetError::unwritable(path))
}

fn parse([first, second, relation]: [&str; 3]) -> Result<Relationship, String> {
    let relation = parse_relation(relation)?;
    let first = parse_person(first)?;
    let second = parse_person(second)?;
    Relationship::new(first, second, relation).map_err(|error| error.to_string())
}

fn parse_person(text: &str) -> Result<PersonId, String> {
    text.replace('\\', "/").parse().map_err(|error: IdentityError| error.to_string())
}

/// Parses the code of a relation. An empty code stands for an unknown relation.
pub(super) fn parse_relation(code: &str) -> Result<Option<Relation>, String> {
    if code.is_empty() {
        return Ok(None);
    }
    code.parse().map(Some).map_err(|error: RelationshipError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read_list(text: &str) -> Result<Vec<String>, String> {
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
        assert_eq!(read_list(text).unwrap(), expected);
        let header =
            "relation;person_b;person_a\n;F0002/MID3;F0002/MID1\nms;F0002/MID3;F0002/MID2\n";
        assert_eq!(read_list(header).unwrap(), expected);
        assert!(read_list("p1,p2\n").unwrap().is_empty());
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
            let error = read_list(&format!("{good}{line}\n")).unwrap_err();
            assert!(error.contains("line 2") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_pair_listed_twice_counts_once() {
        assert_eq!(read_list("F0002/MID1,F0002/MID3\nF0002\\MID1,F0002\\MID3\n").unwrap().len(), 1);
    }
}
