//! Lines of files and functions, and columns of lines.

use super::report::{Count, Finding, in_files};
use super::source::{SourceFile, files};

const LARGE_FILE_LINES: usize = 300;
const LONG_FUNCTION_LINES: usize = 50;
const MAX_CODE_COLUMNS: usize = 100;
const MAX_COMMENT_COLUMNS: usize = 120;

#[test]
fn largest_file_stays_at_its_ceiling() {
    largest_file().assert_at_ceiling();
}

#[test]
fn large_files_stay_at_their_ceiling() {
    large_files().assert_at_ceiling();
}

#[test]
fn longest_function_stays_at_its_ceiling() {
    longest_function().assert_at_ceiling();
}

#[test]
fn long_functions_stay_at_their_ceiling() {
    long_functions().assert_at_ceiling();
}

#[test]
fn wide_code_lines_stay_at_their_ceiling() {
    wide_code_lines().assert_at_ceiling();
}

#[test]
fn wide_comment_lines_stay_at_their_ceiling() {
    wide_comment_lines().assert_at_ceiling();
}

pub fn largest_file() -> Count {
    largest("lines of the largest file", file_sizes())
}

pub fn large_files() -> Count {
    above("files over 300 lines", file_sizes(), LARGE_FILE_LINES)
}

pub fn longest_function() -> Count {
    largest("lines of the longest function", function_sizes())
}

pub fn long_functions() -> Count {
    above("functions over 50 lines", function_sizes(), LONG_FUNCTION_LINES)
}

pub fn wide_code_lines() -> Count {
    Count::new("code lines over 100 columns", in_files(|file| wide_lines(file, &CODE)))
}

pub fn wide_comment_lines() -> Count {
    Count::new("comment lines over 120 columns", in_files(|file| wide_lines(file, &COMMENTS)))
}

/// The number of lines of a file or function.
struct Size {
    lines: usize,
    finding: Finding,
}

fn largest(name: &'static str, sizes: Vec<Size>) -> Count {
    let value = sizes.iter().map(|size| size.lines).max().unwrap_or(0);
    let largest = sizes.into_iter().filter(|size| size.lines == value);
    Count { name, value, findings: largest.map(|size| size.finding).collect() }
}

fn above(name: &'static str, sizes: Vec<Size>, limit: usize) -> Count {
    let above = sizes.into_iter().filter(|size| size.lines > limit);
    Count::new(name, above.map(|size| size.finding).collect())
}

fn file_sizes() -> Vec<Size> {
    files().iter().map(file_size).collect()
}

fn file_size(file: &SourceFile) -> Size {
    let lines = file.text.lines().count();
    let message = format!("file of {lines} lines; move a concept to a file of its own");
    Size { lines, finding: Finding::new(file, 1, message) }
}

fn function_sizes() -> Vec<Size> {
    files().iter().flat_map(functions_of).collect()
}

fn functions_of(file: &SourceFile) -> Vec<Size> {
    let mut sizes = Vec::new();
    for function in &file.facts.functions {
        let lines = function.body_lines;
        let message =
            format!("`{}` has {lines} lines; move a step to a function of its own", function.name);
        sizes.push(Size { lines, finding: Finding::new(file, function.line, message) });
    }
    sizes
}

/// The limit of one kind of lines.
struct Width {
    is_counted: fn(&str) -> bool,
    limit: usize,
    remedy: &'static str,
}

const CODE: Width = Width {
    is_counted: |line| !is_comment(line),
    limit: MAX_CODE_COLUMNS,
    remedy: "break the string or attribute that rustfmt leaves alone",
};

const COMMENTS: Width =
    Width { is_counted: is_comment, limit: MAX_COMMENT_COLUMNS, remedy: "break the comment" };

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn wide_lines(file: &SourceFile, width: &Width) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in file.text.lines().enumerate().filter(|(_, line)| (width.is_counted)(line)) {
        let columns = line.chars().count();
        if columns > width.limit {
            let message = format!("{columns} columns, at most {}; {}", width.limit, width.remedy);
            findings.push(Finding::new(file, i + 1, message));
        }
    }
    findings
}

#[test]
fn wide_line_and_function_size_are_found() {
    let text = format!("// {0}\nfn f() {{\n    // {0}{0}\n    g(\"{0}\");\n}}\n", "x".repeat(97));
    let file = SourceFile::parse("matrix.rs", &text);
    assert_eq!(wide_lines(&file, &CODE)[0].line, 4);
    assert_eq!(wide_lines(&file, &COMMENTS)[0].line, 3);
    assert_eq!(functions_of(&file)[0].lines, 4);
}
