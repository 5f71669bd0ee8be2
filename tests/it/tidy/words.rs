//! Plain English in comments.

use super::report::{Finding, assert_none, in_files};
use super::source::SourceFile;

/// A phrase of the project's dialect, with the plain words for it.
struct Phrase {
    old: &'static str,
    plain: &'static str,
}

const fn instead(old: &'static str, plain: &'static str) -> Phrase {
    Phrase { old, plain }
}

/// Phrases of a dialect that a stranger to the project stumbles over.
const DIALECT: &[Phrase] = &[
    instead("what is", "the name of the thing"),
    instead("what it", "the name of the thing"),
    instead("what the", "the name of the thing"),
    instead("none where", "`None` if"),
    instead("where there is", "if there is"),
    instead("whom", "the person"),
    instead("whoever", "the caller"),
    instead("somebody", "a person"),
    instead("everybody", "all people"),
    instead("nobody", "no one"),
    instead("tells", "returns, reports"),
    instead("asked", "requested"),
    instead("beside", "next to, with"),
    instead("anew", "again"),
    instead("goes on", "resumes, continues"),
    instead("comes to", "results in"),
    instead("in words", "as text"),
    instead("likest", "most similar"),
    instead("small picture", "thumbnail"),
    instead("judges", "scores"),
    instead("forgets", "deletes"),
    instead("alike", "similar"),
    instead("what are", "the name of the thing"),
    instead("what was", "the name of the thing"),
    instead("what were", "the name of the thing"),
    instead("what has", "the name of the thing"),
    instead("what have", "the name of the thing"),
    instead("what they", "the name of the thing"),
    instead("where there are", "if there are"),
    instead("if there is one", "`None` if"),
    instead("who", "the person, the caller"),
    instead("whose", "of the person, of the caller"),
    instead("told", "reported, returned"),
    instead("tell", "report, return"),
    instead("says", "outputs, predicts, states"),
    instead("say", "output, predict, state"),
    instead("said", "stated"),
    instead("asks", "requests"),
    instead("go on", "resume, continue"),
    instead("gone on", "resumed"),
    instead("going on", "resuming"),
    instead("come to", "result in"),
    instead("came to", "resulted in"),
    instead("likeness", "similarity"),
    instead("small pictures", "thumbnails"),
    instead("keeps", "stores, retains"),
    instead("judged", "scored, evaluated"),
    instead("judgement", "score"),
    instead("judgment", "score"),
    instead("taught", "trained"),
    instead("teach", "train"),
    instead("teaches", "trains"),
    instead("lessons", "training runs"),
    instead("deal", "partition"),
    instead("deals", "partitions"),
    instead("dealt", "partitioned"),
    instead("deck", "order of the batches"),
    instead("album", "reader of photos"),
    instead("deed", "audit event"),
    instead("deeds", "audit events"),
    instead("remember", "record"),
    instead("remembers", "records"),
    instead("forget", "delete"),
    instead("forgotten", "deleted"),
    instead("relate", "add relationships"),
    instead("relates", "adds relationships"),
    instead("weathered", "jittered in color"),
    instead("usual", "default"),
    instead("colour", "color"),
    instead("colours", "colors"),
    instead("normalise", "normalize"),
    instead("normalised", "normalized"),
    instead("normalises", "normalizes"),
    instead("grey", "gray"),
    instead("initialise", "initialize"),
    instead("behaviour", "behavior"),
    instead("centre", "center"),
];

const MAX_SENTENCE_WORDS: usize = 40;

const SENTENCE_END: &str = ". ";

#[test]
fn comments_are_in_plain_english() {
    assert_none(&in_files(dialect));
}

#[test]
fn sentences_of_comments_are_short() {
    assert_none(&in_files(long_sentences));
}

fn dialect(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for paragraph in paragraphs(&file.text) {
        let lower = paragraph.text.to_ascii_lowercase();
        for phrase in DIALECT {
            if let Some(offset) = find_words(&lower, phrase.old) {
                let message = format!("comment has '{}', better: {}", phrase.old, phrase.plain);
                findings.push(Finding::new(file, paragraph.line_at(offset), message));
            }
        }
    }
    findings
}

/// Returns the offset of `words` in `text` if they do not stand in a longer word.
fn find_words(text: &str, words: &str) -> Option<usize> {
    text.match_indices(words).map(|(start, _)| start).find(|start| {
        !text[..*start].ends_with(is_word) && !text[start + words.len()..].starts_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn long_sentences(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for paragraph in paragraphs(&file.text) {
        let mut offset = 0;
        for sentence in paragraph.text.split(SENTENCE_END) {
            let words = sentence.split_whitespace().count();
            if words > MAX_SENTENCE_WORDS && !sentence.contains('|') {
                let message =
                    format!("{words} words, at most {MAX_SENTENCE_WORDS}; split: {sentence}");
                findings.push(Finding::new(file, paragraph.line_at(offset), message));
            }
            offset += sentence.len() + SENTENCE_END.len();
        }
    }
    findings
}

/// Lines of a comment that belong together, without code examples.
#[derive(Default)]
struct Paragraph {
    text: String,
    /// Per line of the comment.
    lines: Vec<CommentLine>,
}

struct CommentLine {
    number: usize,
    /// Where the line begins in the text of the paragraph.
    offset: usize,
}

impl Paragraph {
    fn push(&mut self, number: usize, text: &str) {
        self.lines.push(CommentLine { number, offset: self.text.len() });
        self.text.push_str(text);
        self.text.push(' ');
    }

    fn line_at(&self, offset: usize) -> usize {
        let line = self.lines.iter().rev().find(|line| line.offset <= offset);
        line.map_or(1, |line| line.number)
    }
}

/// Marks of an item in a list or a table.
const ITEM_MARKS: [&str; 9] = ["- ", "| ", "1. ", "2. ", "3. ", "4. ", "5. ", "6. ", "7. "];

/// Returns the comments of a file. An item of a list is a paragraph of its own.
fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut found = vec![Paragraph::default()];
    let mut is_example = false;
    for (i, line) in text.lines().enumerate() {
        let comment = comment_text(line).unwrap_or_default();
        if comment.starts_with("```") {
            is_example = !is_example;
        }
        if comment.is_empty() || comment.starts_with("```") || is_example {
            found.push(Paragraph::default());
            continue;
        }
        if ITEM_MARKS.iter().any(|mark| comment.starts_with(mark)) {
            found.push(Paragraph::default());
        }
        found.last_mut().expect("begins with one").push(i + 1, comment);
    }
    found.retain(|paragraph| !paragraph.lines.is_empty());
    found
}

/// Returns the text of a line that is a comment.
fn comment_text(line: &str) -> Option<&str> {
    let text = line.trim_start().strip_prefix("//")?;
    Some(text.trim_start_matches(['/', '!']).trim())
}

#[test]
fn dialect_is_found_across_lines() {
    let text =
        "/// Returns the score.\n/// None\n/// where the photo is new.\nfn f() {} // what is\n";
    let findings = dialect(&SourceFile::parse("matrix.rs", text));
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].to_string(),
        "src/matrix.rs:2: comment has 'none where', better: `None` if"
    );
}

#[test]
fn long_sentence_is_found_and_examples_are_left_out() {
    let long = "word ".repeat(41);
    let text = format!("/// ```\n/// {long}\n/// ```\n/// Short. {long}\nfn f() {{}}\n");
    let findings = long_sentences(&SourceFile::parse("matrix.rs", &text));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].line, 4);
}
