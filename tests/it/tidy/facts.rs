//! The facts of a source file that the rules check, free of syntax trees.

/// All facts of one file, without its unit tests.
#[derive(Default)]
pub struct Facts {
    pub paths: Vec<PathUse>,
    pub functions: Vec<Function>,
    pub names: Vec<Name>,
    pub closures: Vec<NamedClosure>,
    pub tuple_lets: Vec<TupleLet>,
    /// Lines with the keyword `unsafe`.
    pub unsafe_lines: Vec<usize>,
    /// Names of the items at the top of the file, without those that it imports.
    pub top_items: Vec<String>,
    /// Modules of other files that are declared under `#[cfg(test)]`.
    pub test_modules: Vec<Vec<String>>,
}

/// A path of a `use` or in code, of two segments or more unless it stands in a `use`.
pub struct PathUse {
    /// The module that the path stands in.
    pub scope: Vec<String>,
    pub segments: Vec<String>,
    /// The name that a `pub use` gives to the path.
    pub exported_as: Option<String>,
    pub line: usize,
}

impl PathUse {
    /// Returns the path from the root of the crate if it starts with `crate`, `self` or `super`.
    pub fn path_from_root(&self) -> Option<Vec<String>> {
        let (head, rest) = self.segments.split_first()?;
        let base = match head.as_str() {
            "crate" => &[],
            "self" => self.scope.as_slice(),
            "super" => {
                let ups = self.segments.iter().take_while(|segment| *segment == "super").count();
                let base = &self.scope[..self.scope.len().saturating_sub(ups)];
                return Some([base, &self.segments[ups..]].concat());
            }
            _ => return None,
        };
        Some([base, rest].concat())
    }

    /// Whether the path names an item of the crate `name`.
    pub fn is_of_crate(&self, name: &str) -> bool {
        self.segments[0] == name
    }
}

/// A signature, with or without a body.
pub struct Function {
    pub name: String,
    pub line: usize,
    /// Lines from the signature to the closing brace, none for a signature alone.
    pub body_lines: usize,
    /// All parameters except `self`.
    pub parameters: Vec<Parameter>,
}

impl Function {
    /// Returns the number of parameters; a tuple counts as many as it has elements.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|parameter| parameter.tuple_elements.max(1)).sum()
    }
}

pub struct Parameter {
    /// The source text.
    pub text: String,
    /// Elements of a tuple, 0 for any other type.
    pub tuple_elements: usize,
    /// Whether the type is `bool`, or a tuple with a `bool`.
    pub is_bool: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// A struct, enum, union or trait.
    Type,
    Alias,
    Function,
    Constant,
}

/// The name of a definition.
pub struct Name {
    pub kind: NameKind,
    pub text: String,
    pub line: usize,
    /// Whether the definition stands in a function.
    pub is_local: bool,
}

/// A closure with a name: `let f = |x| …`.
pub struct NamedClosure {
    pub name: String,
    pub line: usize,
    /// How often the rest of the block names it.
    pub uses: usize,
}

/// `let (a, b) = (x, y);`
pub struct TupleLet {
    pub pattern: String,
    pub line: usize,
}
