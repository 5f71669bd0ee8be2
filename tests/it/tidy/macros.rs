//! Reads the arguments of macros, which `syn` leaves as tokens.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree, token_stream::IntoIter};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Block, Expr, Stmt, Token};

/// The content of a macro call.
pub enum MacroContent {
    Expressions(Vec<Expr>),
    Statements(Vec<Stmt>),
    /// A language of its own, such as that of `html!`.
    Tokens(TokenStream),
}

/// Parses tokens as expressions with commas, then as statements and items.
pub fn parse(tokens: TokenStream) -> MacroContent {
    let expressions = Punctuated::<Expr, Token![,]>::parse_terminated;
    if let Ok(expressions) = expressions.parse2(tokens.clone()) {
        return MacroContent::Expressions(expressions.into_iter().collect());
    }
    match Block::parse_within.parse2(tokens.clone()) {
        Ok(statements) => MacroContent::Statements(statements),
        Err(_) => MacroContent::Tokens(tokens),
    }
}

/// Returns the right sides of `macro_rules!`, with `$name` as `name`.
pub fn rule_bodies(tokens: TokenStream) -> Vec<TokenStream> {
    let groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(without_dollars(group.stream())),
        _ => None,
    });
    groups.skip(1).step_by(2).collect()
}

fn without_dollars(tokens: TokenStream) -> TokenStream {
    tokens.into_iter().filter(|token| !is_sign(token, '$')).map(inside_groups).collect()
}

fn inside_groups(token: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = token else { return token };
    let mut plain = proc_macro2::Group::new(group.delimiter(), without_dollars(group.stream()));
    plain.set_span(group.span());
    plain.into()
}

/// Returns every identifier, also those in groups.
pub fn identifiers(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => found.extend(identifiers(group.stream())),
            _ => {}
        }
    }
    found
}

/// A path in tokens, of two segments or more.
pub struct TokenPath {
    pub segments: Vec<String>,
    pub line: usize,
}

/// Returns the paths `a::b`, also those in groups.
pub fn paths(tokens: TokenStream) -> Vec<TokenPath> {
    let mut found = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                found.extend(paths(group.stream()));
            }
            TokenTree::Ident(head) => found.extend(path_after(&head, &mut rest)),
            _ => {}
        }
    }
    found
}

/// Reads the rest of a path after its first identifier. Returns `None` if there is no `::`.
fn path_after(head: &Ident, rest: &mut Peekable<IntoIter>) -> Option<TokenPath> {
    let mut segments = vec![head.to_string()];
    while rest.next_if(is_colon).is_some() && rest.next_if(is_colon).is_some() {
        match rest.next_if(|token| matches!(token, TokenTree::Ident(_))) {
            Some(segment) => segments.push(segment.to_string()),
            None => break,
        }
    }
    let line = head.span().start().line;
    (segments.len() > 1).then_some(TokenPath { segments, line })
}

fn is_colon(token: &TokenTree) -> bool {
    is_sign(token, ':')
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}
