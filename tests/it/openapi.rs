//! The OpenAPI document, compared with a stored copy.

use std::path::Path;
use std::{env, fs};

use crate::api::served;

/// Environment variable that rewrites the stored copies.
const UPDATE: &str = "KINDRED_UPDATE_SNAPSHOTS";

#[test]
fn document_equals_its_stored_copy() {
    let (_archive, server) = served();
    let document = server.get("/openapi.json").body;
    // The keys of a `Value` are sorted.
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots/openapi.json");
    if env::var_os(UPDATE).is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
        return;
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    let difference = first_difference(&stored, &text);
    assert!(
        difference.is_none(),
        "the OpenAPI document differs from {}, first in {}; if this is intended, run \
         `{UPDATE}=1 cargo test --release --test it openapi` and review the change",
        path.display(),
        difference.unwrap_or_default()
    );
}

/// Returns the first line that differs, with its number.
fn first_difference(stored: &str, current: &str) -> Option<String> {
    let mut stored = stored.lines();
    let mut current = current.lines();
    for number in 1.. {
        let pair = [stored.next(), current.next()];
        if pair == [None, None] {
            return None;
        }
        if pair[0] != pair[1] {
            let [stored, current] = pair.map(|line| line.unwrap_or("(end of file)").trim());
            return Some(format!("line {number}: stored `{stored}`, now `{current}`"));
        }
    }
    None
}

#[test]
fn first_different_line_is_found() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    let difference = first_difference("a\nb", "a\nc").unwrap();
    assert_eq!(difference, "line 2: stored `b`, now `c`");
    assert!(first_difference("a", "a\nb").unwrap().contains("stored `(end of file)`"));
}
