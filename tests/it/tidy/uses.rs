//! Spreads the braces of a `use`.

use syn::UseTree;
use syn::spanned::Spanned;

/// One path of a `use`: `use a::{b, c as d};` has `a::b` and `a::c`.
pub struct UsePath {
    pub segments: Vec<String>,
    /// The name that the path gets in the module.
    pub name: String,
    pub line: usize,
}

/// Returns all paths of a `use`. The last segment of a glob is `*`.
pub fn paths(tree: &UseTree) -> Vec<UsePath> {
    below(tree, &[])
}

fn below(tree: &UseTree, above: &[String]) -> Vec<UsePath> {
    match tree {
        UseTree::Path(path) => below(&path.tree, &with(above, path.ident.to_string())),
        UseTree::Group(group) => group.items.iter().flat_map(|tree| below(tree, above)).collect(),
        UseTree::Name(name) => vec![leaf(tree, with(above, name.ident.to_string()))],
        UseTree::Glob(_) => vec![leaf(tree, with(above, "*".to_owned()))],
        UseTree::Rename(rename) => {
            let path = leaf(tree, with(above, rename.ident.to_string()));
            vec![UsePath { name: rename.rename.to_string(), ..path }]
        }
    }
}

/// Appends a segment, except a `self` that stands for the path above it.
fn with(above: &[String], segment: String) -> Vec<String> {
    let mut segments = above.to_vec();
    if segments.is_empty() || segment != "self" {
        segments.push(segment);
    }
    segments
}

fn leaf(tree: &UseTree, segments: Vec<String>) -> UsePath {
    let name = segments.last().cloned().unwrap_or_default();
    UsePath { segments, name, line: tree.span().start().line }
}
