//! The house rules of the source, checked on its syntax tree.
//!
//! Each rule is a test. A rule that does not hold everywhere yet is a count with a ceiling.

mod circles;
mod closures;
mod collect;
mod facts;
mod items;
mod layers;
mod macros;
mod names;
mod report;
mod shapes;
mod signatures;
mod sizes;
mod source;
mod uses;
mod words;

use report::{Ceiling, Count, ceiling};

/// Counts of the source.
///
/// A ceiling only falls: a count below its ceiling fails too, until the ceiling is lowered.
/// The table for today's source is printed by
/// `cargo test --release --test it print_ceilings -- --ignored --nocapture`.
const CEILINGS: &[Ceiling] = &[
    ceiling("import circles", 0),
    ceiling("files in import circles", 0),
    ceiling("type names of several files", 0),
    ceiling("definitions of such types after the first", 0),
    ceiling("names with dialect words", 8),
    ceiling("functions called `of`", 0),
    ceiling("named closures", 42),
    ceiling("named closures used once", 23),
    ceiling("lines of the largest file", 377),
    ceiling("files over 300 lines", 5),
    ceiling("lines of the longest function", 57),
    ceiling("functions over 50 lines", 3),
    ceiling("code lines over 100 columns", 11),
    ceiling("comment lines over 120 columns", 23),
];

/// All counts, in the order of [`CEILINGS`].
fn counts() -> Vec<Count> {
    let mut counts = vec![circles::circles(), circles::files_in_circles()];
    counts.extend([names::repeated_types(), names::repeated_definitions()]);
    counts.extend([names::dialect_names(), names::functions_called_of()]);
    counts.extend([shapes::named_closures(), shapes::closures_used_once()]);
    counts.extend([sizes::largest_file(), sizes::large_files()]);
    counts.extend([sizes::longest_function(), sizes::long_functions()]);
    counts.extend([sizes::wide_code_lines(), sizes::wide_comment_lines()]);
    counts
}

#[test]
fn every_ceiling_has_a_count() {
    let counted: Vec<_> = counts().iter().map(|count| count.name).collect();
    let limited: Vec<_> = CEILINGS.iter().map(|ceiling| ceiling.name).collect();
    assert_eq!(counted, limited);
}

#[test]
#[ignore = "prints the table of ceilings for today's source"]
fn print_ceilings() {
    for count in counts() {
        eprintln!("    {count}");
    }
}
