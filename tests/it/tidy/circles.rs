//! Circles of files that import each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::facts::PathUse;
use super::report::{Count, Finding};
use super::source::{SourceFile, files};

#[test]
fn import_circles_stay_at_their_ceiling() {
    circles().assert_at_ceiling();
}

#[test]
fn files_in_import_circles_stay_at_their_ceiling() {
    files_in_circles().assert_at_ceiling();
}

pub fn circles() -> Count {
    let imports = Imports::new(files());
    let findings = imports.circles().iter().map(|circle| imports.finding(circle)).collect();
    Count::new("import circles", findings)
}

pub fn files_in_circles() -> Count {
    let circles = Imports::new(files()).circles();
    let members = circles.iter().flatten();
    let message = "file in an import circle; the test of circles prints the way round";
    let findings = members.map(|i| Finding::new(&files()[*i], 1, message)).collect();
    Count::new("files in import circles", findings)
}

/// Which module is in which file, and what it exports.
struct Modules<'a> {
    /// The index of the file of each module.
    files: BTreeMap<Vec<String>, usize>,
    /// Paths from the root that a module hands on under a name.
    exports: BTreeMap<Export<'a>, Vec<String>>,
}

/// A name that a file exports but does not define.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Export<'a> {
    file: usize,
    name: &'a str,
}

impl<'a> Modules<'a> {
    fn new(files: &'a [SourceFile]) -> Self {
        let indices = files.iter().enumerate().filter(|(_, file)| !file.is_root());
        let files_of_modules = indices.map(|(i, file)| (file.module(), i)).collect();
        let mut modules = Self { files: files_of_modules, exports: BTreeMap::new() };
        for (i, file) in files.iter().enumerate() {
            for import in &file.facts.paths {
                let Some(name) = import.exported_as.as_deref() else { continue };
                let is_own = file.facts.top_items.iter().any(|item| item == name);
                let path = modules.path_from_root(import);
                if let Some(path) = path.filter(|_| !is_own) {
                    modules.exports.insert(Export { file: i, name }, path);
                }
            }
        }
        modules
    }

    /// Returns the path from the root of the crate, `None` if it is one of another crate.
    fn path_from_root(&self, import: &PathUse) -> Option<Vec<String>> {
        import.path_from_root().or_else(|| {
            let child = [import.scope.as_slice(), &import.segments[..1]].concat();
            let path = [import.scope.as_slice(), &import.segments].concat();
            self.files.contains_key(&child).then_some(path)
        })
    }

    /// Returns the file that defines the item at a path, behind all `pub use`.
    fn defining_file(&self, path: &[String]) -> Option<usize> {
        let mut path = path.to_vec();
        let mut seen = BTreeSet::new();
        while seen.insert(path.clone()) {
            let length = (1..=path.len()).rev().find(|n| self.files.contains_key(&path[..*n]))?;
            let file = self.files[&path[..length]];
            let Some(name) = path.get(length) else { return Some(file) };
            match self.exports.get(&Export { file, name }) {
                Some(target) => path = [target.as_slice(), &path[length + 1..]].concat(),
                None => return Some(file),
            }
        }
        None
    }
}

/// The imports between files, which are named by their index.
struct Imports<'a> {
    files: &'a [SourceFile],
    /// Per file, the files that it imports, with the first line that does so.
    targets: Vec<BTreeMap<usize, usize>>,
}

impl<'a> Imports<'a> {
    fn new(files: &'a [SourceFile]) -> Self {
        let modules = Modules::new(files);
        let mut targets = vec![BTreeMap::new(); files.len()];
        for (i, file) in files.iter().enumerate() {
            for import in file.facts.paths.iter().filter(|path| path.exported_as.is_none()) {
                let path = modules.path_from_root(import);
                let target = path.and_then(|path| modules.defining_file(&path));
                if let Some(target) = target.filter(|target| *target != i) {
                    targets[i].entry(target).or_insert(import.line);
                }
            }
        }
        Self { files, targets }
    }

    /// Returns the groups of files that all reach each other, largest first.
    fn circles(&self) -> Vec<Vec<usize>> {
        let reachable: Vec<_> = (0..self.files.len()).map(|i| self.reachable(i)).collect();
        let mut circles = BTreeSet::new();
        for (i, targets) in reachable.iter().enumerate().filter(|(i, own)| own.contains(i)) {
            let both_ways = targets.iter().copied().filter(|j| reachable[*j].contains(&i));
            circles.insert(both_ways.collect::<Vec<_>>());
        }
        let mut circles: Vec<_> = circles.into_iter().collect();
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    /// Returns the files that a file imports directly or through others.
    fn reachable(&self, start: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![start];
        while let Some(file) = open.pop() {
            open.extend(self.targets[file].keys().filter(|target| found.insert(**target)));
        }
        found
    }

    /// Returns the shortest way round from the first file of a circle.
    fn shortest_way(&self, start: usize) -> Vec<usize> {
        let mut sources = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(file) = open.pop_front() {
            for target in self.targets[file].keys() {
                if *target == start {
                    return way_back(&sources, file);
                }
                if !sources.contains_key(target) {
                    sources.insert(*target, file);
                    open.push_back(*target);
                }
            }
        }
        Vec::new()
    }

    fn finding(&self, circle: &[usize]) -> Finding {
        let way = self.shortest_way(circle[0]);
        let mut steps = String::new();
        for (i, file) in way.iter().enumerate() {
            let target = way[(i + 1) % way.len()];
            let line = self.targets[*file][&target];
            steps += &format!(
                "\n    src/{}:{line} imports {}",
                self.files[*file].path, self.files[target].path
            );
        }
        let members: Vec<_> = circle.iter().map(|i| self.files[*i].path.as_str()).collect();
        let message = format!(
            "{} files import each other ({}); \
             move the shared item to a file below them. A way round:{steps}",
            circle.len(),
            members.join(", ")
        );
        Finding::new(&self.files[circle[0]], 1, message)
    }
}

/// Follows the sources of a search back to its start, and returns the way in its direction.
fn way_back(sources: &BTreeMap<usize, usize>, end: usize) -> Vec<usize> {
    let mut way = vec![end];
    while let Some(source) = sources.get(&way[way.len() - 1]) {
        way.push(*source);
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse() -> [SourceFile; 4] {
        [
            SourceFile::parse("a/mod.rs", "mod b;\nmod c;\npub use b::B;\nuse c::C;\nstruct A;"),
            SourceFile::parse("a/b.rs", "pub struct B;"),
            SourceFile::parse("a/c.rs", "use super::B;\npub struct C(super::d::D);"),
            SourceFile::parse("a/d.rs", "pub struct D;\nfn f() { g!(crate::a::c::C) }"),
        ]
    }

    #[test]
    fn circle_is_found_and_a_re_export_is_none() {
        let files = parse();
        let imports = Imports::new(&files);
        assert_eq!(imports.circles(), [[2, 3]]);
        let message = imports.finding(&[2, 3]).message;
        assert!(message.contains("src/a/c.rs:2 imports a/d.rs"), "{message}");
        assert!(message.contains("src/a/d.rs:2 imports a/c.rs"), "{message}");
    }
}
