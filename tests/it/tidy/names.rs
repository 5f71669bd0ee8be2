//! Names of types, functions and constants.

use std::collections::BTreeMap;

use super::facts::{Name, NameKind};
use super::report::{Count, Finding, in_files};
use super::source::{SourceFile, files};

/// A word of the project's dialect in names, with the words of the field for it.
struct NameWord {
    word: &'static str,
    plain: &'static str,
    /// The only kind of names in which the word is dialect.
    kind: Option<NameKind>,
}

const fn anywhere(word: &'static str, plain: &'static str) -> NameWord {
    NameWord { word, plain, kind: None }
}

const fn in_types(word: &'static str, plain: &'static str) -> NameWord {
    NameWord { word, plain, kind: Some(NameKind::Type) }
}

const fn in_constants(word: &'static str, plain: &'static str) -> NameWord {
    NameWord { word, plain, kind: Some(NameKind::Constant) }
}

/// Words of the dialect, in lower case.
const DIALECT: &[NameWord] = &[
    anywhere("who", "person, caller"),
    anywhere("whose", "person, caller"),
    anywhere("told", "report; with_audit_event"),
    anywhere("tell", "report, return"),
    anywhere("tells", "report, return"),
    anywhere("say", "output, predict"),
    anywhere("says", "output, predict"),
    anywhere("said", "output, predict"),
    anywhere("ask", "request; SearchRequest, RequestLimits"),
    anywhere("asks", "request; SearchRequest, RequestLimits"),
    anywhere("asked", "request; SearchRequest, RequestLimits"),
    anywhere("beside", "with, next"),
    anywhere("anew", "again"),
    anywhere("whole", "complete, intact; write_atomically"),
    anywhere("likest", "similarity, most_similar"),
    anywhere("likeness", "similarity, most_similar"),
    anywhere("alike", "similarity, most_similar"),
    anywhere("place", "index, cell"),
    anywhere("places", "index, cell"),
    anywhere("kept", "store, retain; FinalEnsemble"),
    anywhere("keeping", "store, retain; FinalEnsemble"),
    anywhere("wanted", "filter"),
    anywhere("given", "overrides, input"),
    anywhere("judge", "score, evaluate, metrics"),
    anywhere("judged", "score, evaluate, metrics"),
    anywhere("judgement", "score, evaluate, metrics"),
    anywhere("judgment", "score, evaluate, metrics"),
    anywhere("lesson", "training run; Distillation, TrainedMember"),
    anywhere("lessons", "training run; Distillation, TrainedMember"),
    anywhere("course", "early stopping"),
    anywhere("taught", "train; TrainedHead"),
    anywhere("teach", "train; TrainedHead"),
    anywhere("learn", "train"),
    anywhere("deal", "partition"),
    anywhere("dealt", "partition"),
    anywhere("deck", "BatchOrder"),
    anywhere("album", "PhotoReader"),
    anywhere("panel", "PairSet"),
    anywhere("deed", "AuditEvent"),
    anywhere("remember", "record"),
    anywhere("held", "LiveSegment"),
    anywhere("dead", "deleted"),
    anywhere("forget", "delete"),
    anywhere("relate", "add_relationships, replace_relationships"),
    anywhere("unrelate", "add_relationships, replace_relationships"),
    anywhere("enrol", "add_photos; NewPhoto"),
    anywhere("enrolment", "add_photos; NewPhoto"),
    anywhere("opened", "GalleryArgs"),
    anywhere("ending", "ExitStatus"),
    anywhere("spot", "Cell"),
    anywhere("unfreezing", "FineTuning"),
    anywhere("slopes", "Gradients"),
    anywhere("weathered", "color_jitter"),
    anywhere("figures", "metrics"),
    in_types("part", "Segment"),
    in_types("samples", "ProbePhotos"),
    in_types("terms", "ServiceConfig"),
    in_constants("most", "MAX_…"),
    in_constants("usual", "DEFAULT_…"),
    in_constants("looks", "REFINEMENT_STEPS"),
];

/// Names of types that each module may define for itself.
const NAMES_PER_MODULE: [&str; 2] = ["Args", "Config"];

#[test]
fn dialect_in_names_stays_at_its_ceiling() {
    dialect_names().assert_at_ceiling();
}

#[test]
fn type_names_defined_twice_stay_at_their_ceiling() {
    repeated_types().assert_at_ceiling();
}

#[test]
fn definitions_of_repeated_types_stay_at_their_ceiling() {
    repeated_definitions().assert_at_ceiling();
}

#[test]
fn functions_called_of_stay_at_their_ceiling() {
    functions_called_of().assert_at_ceiling();
}

pub fn dialect_names() -> Count {
    Count::new("names with dialect words", in_files(dialect))
}

pub fn functions_called_of() -> Count {
    Count::new("functions called `of`", in_files(called_of))
}

pub fn repeated_types() -> Count {
    let repeated = repeated(files());
    let findings = repeated.iter().map(|same| same[0].finding(&same[1..])).collect();
    Count::new("type names of several files", findings)
}

/// Rises also if a name that is there twice gets a third definition.
pub fn repeated_definitions() -> Count {
    let repeated = repeated(files());
    let later = repeated.iter().flat_map(|same| same[1..].iter().map(|d| d.finding(&same[..1])));
    Count::new("definitions of such types after the first", later.collect())
}

fn dialect(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in &file.facts.names {
        let words = words(&name.text);
        let hits = DIALECT.iter().filter(|entry| is_in(entry, name.kind, &words));
        let better: Vec<_> = hits.map(|hit| format!("'{}': {}", hit.word, hit.plain)).collect();
        if !better.is_empty() {
            let message = format!("name `{}` has dialect; write {}", name.text, better.join("; "));
            findings.push(Finding::new(file, name.line, message));
        }
    }
    findings
}

fn is_in(entry: &NameWord, kind: NameKind, words: &[String]) -> bool {
    entry.kind.is_none_or(|only| only == kind) && words.iter().any(|word| word == entry.word)
}

/// Splits `CamelCase`, `snake_case` and `UPPER_CASE` into words in lower case.
fn words(name: &str) -> Vec<String> {
    let is_upper_case = !name.chars().any(char::is_lowercase);
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && !is_upper_case) {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().expect("begins with one").extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn called_of(file: &SourceFile) -> Vec<Finding> {
    let functions = file.facts.functions.iter().filter(|function| function.name == "of");
    let message = "function `of`; call a constructor `new` or `from_x`, a getter by its noun";
    functions.map(|function| Finding::new(file, function.line, message)).collect()
}

/// Returns the definitions of each type name that several files define.
fn repeated(files: &[SourceFile]) -> Vec<Vec<Definition<'_>>> {
    let mut definitions: BTreeMap<&str, Vec<Definition<'_>>> = BTreeMap::new();
    for file in files {
        for name in file.facts.names.iter().filter(|name| is_type_of_module(name)) {
            let same = definitions.entry(&name.text).or_default();
            if same.last().is_none_or(|last| last.file.path != file.path) {
                same.push(Definition { file, name });
            }
        }
    }
    definitions.into_values().filter(|same| same.len() > 1).collect()
}

fn is_type_of_module(name: &Name) -> bool {
    let is_type = match name.kind {
        NameKind::Type => true,
        NameKind::Alias => !name.is_local,
        NameKind::Function | NameKind::Constant => false,
    };
    is_type && !NAMES_PER_MODULE.contains(&name.text.as_str())
}

struct Definition<'a> {
    file: &'a SourceFile,
    name: &'a Name,
}

impl Definition<'_> {
    fn finding(&self, others: &[Self]) -> Finding {
        let places: Vec<_> = others.iter().map(Self::place).collect();
        let message = format!(
            "type `{}` is also defined in {}; rename one by its content",
            self.name.text,
            places.join(", ")
        );
        Finding::new(self.file, self.name.line, message)
    }

    fn place(&self) -> String {
        format!("src/{}:{}", self.file.path, self.name.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialect_is_found_as_a_word_of_a_name() {
        let text = "struct AskedAtMost;\nstruct Deckchair;\nconst MOST_PHOTOS: u8 = 1;\n\
                    fn most_similar() {}\nimpl A { fn is_whole(&self) {} }";
        let findings = dialect(&SourceFile::parse("matrix.rs", text));
        let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 3, 5]);
    }

    #[test]
    fn type_name_defined_twice_is_found() {
        let files = [
            SourceFile::parse("a.rs", "struct Plan;\nstruct Args;\ntrait T { type Output; }"),
            SourceFile::parse("b.rs", "struct Args;\nenum Plan {}\ntype Output = u8;"),
        ];
        let repeated = repeated(&files);
        assert_eq!(repeated.len(), 1);
        let finding = repeated[0][0].finding(&repeated[0][1..]);
        assert!(finding.to_string().starts_with("src/a.rs:1: type `Plan` is also"));
        assert!(finding.message.contains("src/b.rs:2"));
    }

    #[test]
    fn function_called_of_is_found() {
        let text = "struct A;\nimpl A {\n    fn of() {}\n}";
        assert_eq!(called_of(&SourceFile::parse("matrix.rs", text))[0].line, 3);
    }
}
