//! Finds closures with a name and counts their uses.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprPath, Macro, Pat, Stmt};

use super::facts::NamedClosure;
use super::macros::{self, MacroContent};

/// Returns the closures that the statements of one block bind to a name.
pub fn named(statements: &[Stmt]) -> Vec<NamedClosure> {
    let mut found = Vec::new();
    for (i, statement) in statements.iter().enumerate() {
        if let Some(name) = closure_name(statement) {
            found.push(NamedClosure {
                name: name.to_string(),
                line: statement.span().start().line,
                uses: uses(name, &statements[i + 1..]),
            });
        }
    }
    found
}

fn closure_name(statement: &Stmt) -> Option<&Ident> {
    let Stmt::Local(local) = statement else { return None };
    let is_closure = matches!(*local.init.as_ref()?.expr, Expr::Closure(_));
    bound_name(&local.pat).filter(|_| is_closure)
}

fn bound_name(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(pattern) => Some(&pattern.ident),
        Pat::Type(pattern) => bound_name(&pattern.pat),
        _ => None,
    }
}

/// Counts the uses of a name until a later statement binds it again.
fn uses(name: &Ident, statements: &[Stmt]) -> usize {
    let mut counter = Uses { name, count: 0 };
    for statement in statements {
        counter.visit_stmt(statement);
        if matches!(statement, Stmt::Local(local) if bound_name(&local.pat) == Some(name)) {
            break;
        }
    }
    counter.count
}

struct Uses<'a> {
    name: &'a Ident,
    count: usize,
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.count += usize::from(path.path.is_ident(self.name));
        visit::visit_expr_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        match macros::parse(call.tokens.clone()) {
            MacroContent::Expressions(found) => found.iter().for_each(|e| self.visit_expr(e)),
            MacroContent::Statements(found) => found.iter().for_each(|s| self.visit_stmt(s)),
            MacroContent::Tokens(tokens) => {
                let names = macros::identifiers(tokens);
                self.count += names.iter().filter(|ident| *ident == self.name).count();
            }
        }
    }
}
