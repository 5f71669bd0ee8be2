//! The house rules of the source, as far as they can be read off it.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The rooms from the bottom up. A room imports only from lower layers, and from no other room of its own.
const LAYERS: [&[&str]; 8] = [
    &["domain", "error", "matrix", "whitening", "whole_file"],
    &["photo", "dataset", "backbone", "kinship", "store", "metrics"],
    &["embedder", "gallery"],
    &["search"],
    &["ingest", "survey", "synthesis"],
    &["train", "evaluate"],
    &["api", "telemetry"],
    &["cli"],
];

/// Crates that only these rooms may name.
const HOMES: [(&str, &[&str]); 26] = [
    ("gemm", &["matrix"]),
    ("faer", &["whitening", "kinship"]),
    ("plotters", &["train"]),
    ("maud", &["train"]),
    ("sled", &["store"]),
    ("bincode", &["store"]),
    ("hnsw_rs", &["gallery"]),
    ("memmap2", &["gallery"]),
    ("candle_core", &["backbone", "kinship"]),
    ("candle_nn", &["backbone", "kinship"]),
    ("safetensors", &["backbone", "kinship"]),
    ("image", &["photo"]),
    ("fast_image_resize", &["photo"]),
    ("embedded_graphics", &["photo"]),
    ("csv", &["dataset"]),
    ("zip", &["dataset", "backbone", "gallery"]),
    ("hdf5_reader", &["backbone"]),
    ("actix_cors", &["api"]),
    ("actix_web", &["api"]),
    ("governor", &["api"]),
    ("prometheus_client", &["api"]),
    ("utoipa", &["api"]),
    ("jiff", &["api"]),
    ("actix_multipart", &["api"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
];

/// Every source file with the room it is in and its text.
fn files() -> Vec<(PathBuf, String, String)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(SOURCE).into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let inside = entry.path().strip_prefix(SOURCE).unwrap();
            let room = Path::new(inside.iter().next().unwrap()).with_extension("");
            let text = fs::read_to_string(entry.path()).unwrap();
            found.push((inside.to_owned(), room.to_str().unwrap().to_owned(), text));
        }
    }
    assert!(found.len() > 30, "the source is where it was");
    found
}

/// The part of a file that is not its unit tests, without comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn layer(room: &str) -> usize {
    let at = LAYERS.iter().position(|rooms| rooms.contains(&room));
    at.unwrap_or_else(|| panic!("the room {room} is in no layer"))
}

/// Whether `name::` stands in `code` as a path of its own.
fn names_crate(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(&format!("{name}::")).any(|(at, _)| !code[..at].ends_with(is_word))
}

#[test]
fn rooms_import_strictly_downward() {
    for (file, room, text) in
        files().iter().filter(|(_, room, _)| !["lib", "main"].contains(&room.as_str()))
    {
        let code = code(text);
        for (at, _) in code.match_indices("crate::") {
            let imported: String =
                code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if imported != *room && !code[..at].ends_with('$') {
                assert!(layer(&imported) < layer(room), "{} imports {imported}", file.display());
            }
        }
    }
}

#[test]
fn vendor_crates_stay_in_their_rooms() {
    for (file, room, text) in files() {
        let code = code(&text);
        for (name, homes) in HOMES {
            let at_home = homes.contains(&room.as_str());
            assert!(at_home || !names_crate(&code, name), "{} names {name}", file.display());
        }
    }
}

#[test]
fn domain_types_carry_no_serde() {
    for (file, _, text) in files().iter().filter(|(_, room, _)| room == "domain") {
        assert!(!names_crate(&code(text), "serde"), "{}", file.display());
    }
}

#[test]
fn unsafe_code_is_only_where_vector_instructions_are_chosen_and_a_file_is_mapped() {
    const PLACES: [&str; 13] = [
        "gallery/codes.rs",
        "gallery/dot.rs",
        "gallery/mapped.rs",
        "backbone/cpu/buffer.rs",
        "backbone/cpu/convolution.rs",
        "backbone/cpu/epilogue.rs",
        "backbone/cpu/layer.rs",
        "backbone/cpu/matrix.rs",
        "backbone/cpu/pointwise.rs",
        "backbone/cpu/simd.rs",
        "backbone/cpu/sliding.rs",
        "backbone/cpu/winograd.rs",
        "matrix.rs",
    ];
    for (file, _, text) in files() {
        let allowed = PLACES.iter().any(|place| file == Path::new(place));
        assert!(allowed || !code(&text).contains("unsafe "), "{} has unsafe code", file.display());
    }
}

/// Phrases of a dialect that a stranger to the project stumbles over, with the plain words for them.
const DIALECT: [(&str, &str); 22] = [
    ("what is", "the name of the thing"),
    ("what it", "the name of the thing"),
    ("what the", "the name of the thing"),
    ("none where", "`None` if"),
    ("where there is", "if there is"),
    ("whom", "the person"),
    ("whoever", "the caller"),
    ("somebody", "a person"),
    ("everybody", "all people"),
    ("nobody", "no one"),
    ("tells", "returns, reports"),
    ("asked", "requested"),
    ("beside", "next to, with"),
    ("anew", "again"),
    ("goes on", "resumes, continues"),
    ("comes to", "results in"),
    ("in words", "as text"),
    ("likest", "most similar"),
    ("small picture", "thumbnail"),
    ("judges", "scores"),
    ("forgets", "deletes"),
    ("alike", "similar"),
];
/// Words of a sentence in a comment, at most.
const MAX_SENTENCE_WORDS: usize = 40;

/// The comments of a file, without code examples, a paragraph an item.
fn paragraphs(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut is_example = false;
    for line in text.lines().map(str::trim_start) {
        let comment =
            line.strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!']).trim());
        match comment {
            Some(comment) if comment.starts_with("```") => is_example = !is_example,
            Some(comment) if !comment.is_empty() && !is_example => {
                let is_item = ["- ", "| ", "1. ", "2. ", "3. ", "4. ", "5. ", "6. ", "7. "];
                if is_item.iter().any(|mark| comment.starts_with(mark)) {
                    found.push(String::new());
                }
                let paragraph = found.last_mut().unwrap();
                paragraph.push_str(comment);
                paragraph.push(' ');
            }
            _ => found.push(String::new()),
        }
    }
    found.retain(|paragraph| !paragraph.trim().is_empty());
    found
}

#[test]
fn comments_are_in_plain_english() {
    let mut phrases = Vec::new();
    for (file, _, text) in files() {
        for paragraph in paragraphs(&text) {
            let lower = format!(" {} ", paragraph.to_lowercase());
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            for (phrase, plain) in DIALECT {
                let is_found = lower.match_indices(phrase).any(|(i, _)| {
                    !lower[..i].ends_with(is_word)
                        && !lower[i + phrase.len()..].starts_with(is_word)
                });
                if is_found {
                    phrases.push(format!("{}: '{phrase}', better: {plain}", file.display()));
                }
            }
            for sentence in paragraph.split(". ").filter(|sentence| !sentence.contains('|')) {
                let words = sentence.split_whitespace().count();
                assert!(
                    words <= MAX_SENTENCE_WORDS,
                    "{}: {words} words: {sentence}",
                    file.display()
                );
            }
        }
    }
    assert!(phrases.is_empty(), "{phrases:#?}");
}
