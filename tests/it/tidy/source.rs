//! The source files, each read and parsed once.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::collect;
use super::facts::Facts;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(read_all);

pub struct SourceFile {
    /// The path below `src`, with `/` between folders.
    pub path: String,
    pub text: String,
    /// Empty for a file that only unit tests reach.
    pub facts: Facts,
}

impl SourceFile {
    /// Parses the text of a file.
    ///
    /// # Panics
    /// If the text is no Rust source.
    pub fn parse(path: &str, text: &str) -> Self {
        let facts = collect::facts(&module_of(path), text)
            .unwrap_or_else(|error| panic!("src/{path}:{}: {error}", error.span().start().line));
        Self { path: path.to_owned(), text: text.to_owned(), facts }
    }

    /// Returns the module path from the root of the crate; that of `lib.rs` and `main.rs` is empty.
    pub fn module(&self) -> Vec<String> {
        module_of(&self.path)
    }

    /// Returns the folder or file at the top of `src`, without `.rs`.
    pub fn room(&self) -> &str {
        let top = self.path.split('/').next().unwrap_or_default();
        top.trim_end_matches(".rs")
    }

    /// Whether the file is the root of a crate, which may import from every room.
    pub fn is_root(&self) -> bool {
        self.path == "lib.rs" || self.path == "main.rs"
    }
}

/// Returns all files of `src`, in the order of their paths.
pub fn files() -> &'static [SourceFile] {
    &FILES
}

fn read_all() -> Vec<SourceFile> {
    let root = Path::new(SOURCE);
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    let mut files = Vec::new();
    for entry in entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "rs")) {
        let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        files.push(SourceFile::parse(&path, &fs::read_to_string(entry.path()).unwrap()));
    }
    assert!(files.len() > 30, "only {} files in {SOURCE}: has the source moved?", files.len());
    without_test_files(files)
}

/// Clears the facts of modules that are declared by `#[cfg(test)] mod name;`.
fn without_test_files(mut files: Vec<SourceFile>) -> Vec<SourceFile> {
    let test_modules: Vec<_> =
        files.iter().flat_map(|file| file.facts.test_modules.clone()).collect();
    for file in &mut files {
        let module = file.module();
        if test_modules.iter().any(|tests| module.starts_with(tests)) {
            file.facts = Facts::default();
        }
    }
    files
}

fn module_of(path: &str) -> Vec<String> {
    let mut module: Vec<_> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let is_root = path == "lib.rs" || path == "main.rs";
    if is_root || module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}
