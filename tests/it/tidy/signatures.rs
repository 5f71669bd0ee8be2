//! Reads signatures of functions.

use syn::spanned::Spanned;
use syn::{Block, FnArg, Pat, PatType, Signature, Type, Visibility};

use super::facts::{Function, Parameter};

/// A function of any kind: free, of a type, of a trait, or foreign.
pub struct FunctionParts<'a> {
    pub visibility: &'a Visibility,
    pub signature: &'a Signature,
    pub body: Option<&'a Block>,
}

impl FunctionParts<'_> {
    pub fn facts(&self) -> Function {
        let line = match self.visibility {
            Visibility::Inherited => self.signature.span().start().line,
            visibility => visibility.span().start().line,
        };
        Function {
            name: self.signature.ident.to_string(),
            line,
            body_lines: self.body.map_or(0, |body| last_line(body) - line + 1),
            parameters: self.signature.inputs.iter().filter_map(parameter).collect(),
        }
    }
}

fn last_line(body: &Block) -> usize {
    body.brace_token.span.close().end().line
}

fn parameter(input: &FnArg) -> Option<Parameter> {
    let FnArg::Typed(input) = input else { return None };
    let value = value_type(&input.ty);
    Some(Parameter {
        text: input.span().source_text().unwrap_or_default(),
        tuple_elements: tuple_elements(input),
        is_bool: match value {
            Type::Tuple(tuple) => tuple.elems.iter().any(|element| is_bool(value_type(element))),
            value => is_bool(value),
        },
    })
}

/// Returns the elements of a tuple in the pattern or in the type of a parameter.
fn tuple_elements(input: &PatType) -> usize {
    if let Pat::Tuple(tuple) = &*input.pat {
        return tuple.elems.len();
    }
    match value_type(&input.ty) {
        Type::Tuple(tuple) => tuple.elems.len(),
        _ => 0,
    }
}

/// Returns the type behind references and parentheses.
fn value_type(kind: &Type) -> &Type {
    match kind {
        Type::Reference(reference) => value_type(&reference.elem),
        Type::Paren(inner) => value_type(&inner.elem),
        Type::Group(inner) => value_type(&inner.elem),
        kind => kind,
    }
}

fn is_bool(kind: &Type) -> bool {
    matches!(kind, Type::Path(path) if path.path.is_ident("bool"))
}
