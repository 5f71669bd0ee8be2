//! Walks the syntax tree of a file and collects its facts.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprUnsafe, ForeignItemFn, ImplItem, ImplItemConst, ImplItemFn, Item, ItemFn,
    ItemMacro, ItemMod, ItemUse, Local, Macro, MetaList, Pat, Path, Stmt, Token, TraitItemConst,
    TraitItemFn, VisRestricted, Visibility,
};

use super::closures;
use super::facts::{Facts, Name, NameKind, PathUse, TupleLet};
use super::items::{self, Named};
use super::macros::{self, MacroContent};
use super::signatures::FunctionParts;
use super::uses;

/// Parses the text of the file of `module`.
///
/// # Errors
/// If the text is no Rust source.
pub fn facts(module: &[String], text: &str) -> syn::Result<Facts> {
    let file = syn::parse_file(text)?;
    let mut collector =
        Collector { scope: module.to_vec(), block_depth: 0, facts: Facts::default() };
    for item in file.items.iter().filter(|item| !items::is_test(items::attributes(item))) {
        let name = items::named(item).map(|named| named.ident).or(items::macro_name(item));
        collector.facts.top_items.extend(name.map(ToString::to_string));
    }
    collector.visit_file(&file);
    Ok(collector.facts)
}

struct Collector {
    /// The module that is being walked.
    scope: Vec<String>,
    /// Blocks around the node that is being walked.
    block_depth: usize,
    facts: Facts,
}

impl Collector {
    fn name(&mut self, named: &Named<'_>) {
        self.facts.names.push(Name {
            kind: named.kind,
            text: named.ident.to_string(),
            line: line(named.ident.span()),
            is_local: self.block_depth > 0,
        });
    }

    fn function(&mut self, parts: &FunctionParts<'_>) {
        self.unsafe_keyword(parts.signature.unsafety.as_ref());
        self.facts.functions.push(parts.facts());
    }

    fn method(&mut self, parts: &FunctionParts<'_>) {
        self.name(&Named { kind: NameKind::Function, ident: &parts.signature.ident });
        self.function(parts);
    }

    fn unsafe_keyword(&mut self, keyword: Option<&Token![unsafe]>) {
        self.facts.unsafe_lines.extend(keyword.map(|keyword| line(keyword.span)));
    }

    fn path(&mut self, segments: Vec<String>, line: usize) {
        let scope = self.scope.clone();
        self.facts.paths.push(PathUse { scope, segments, exported_as: None, line });
    }

    fn macro_content(&mut self, tokens: TokenStream) {
        match macros::parse(tokens) {
            MacroContent::Expressions(found) => found.iter().for_each(|e| self.visit_expr(e)),
            MacroContent::Statements(found) => self.statements(&found),
            MacroContent::Tokens(tokens) => self.tokens(tokens),
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for path in macros::paths(tokens.clone()) {
            self.path(path.segments, path.line);
        }
        let keywords = macros::identifiers(tokens).into_iter().filter(|ident| ident == "unsafe");
        self.facts.unsafe_lines.extend(keywords.map(|keyword| line(keyword.span())));
    }

    fn statements(&mut self, statements: &[Stmt]) {
        self.facts.closures.extend(closures::named(statements));
        for statement in statements {
            self.visit_stmt(statement);
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        if items::is_test(items::attributes(item)) {
            if let Item::Mod(ItemMod { ident, content: None, .. }) = item {
                let module = [self.scope.as_slice(), &[ident.to_string()]].concat();
                self.facts.test_modules.push(module);
            }
            return;
        }
        if let Some(named) = items::named(item) {
            self.name(&named);
        }
        match item {
            Item::Impl(item) => self.unsafe_keyword(item.unsafety.as_ref()),
            Item::Trait(item) => self.unsafe_keyword(item.unsafety.as_ref()),
            Item::ForeignMod(item) => self.unsafe_keyword(item.unsafety.as_ref()),
            Item::ExternCrate(item) => self.path(vec![item.ident.to_string()], line(item.span())),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !items::is_test(items::attributes_in_impl(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.scope.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.scope.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_export = !matches!(item.vis, Visibility::Inherited);
        for path in uses::paths(&item.tree) {
            self.facts.paths.push(PathUse {
                scope: self.scope.clone(),
                segments: path.segments,
                exported_as: is_export.then_some(path.name),
                line: path.line,
            });
        }
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if item.mac.path.is_ident("macro_rules") {
            for body in macros::rule_bodies(item.mac.tokens.clone()) {
                self.macro_content(body);
            }
        } else {
            self.visit_macro(&item.mac);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let body = Some(&*item.block);
        self.function(&FunctionParts { visibility: &item.vis, signature: &item.sig, body });
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let body = Some(&item.block);
        self.method(&FunctionParts { visibility: &item.vis, signature: &item.sig, body });
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let body = item.default.as_ref();
        let visibility = &Visibility::Inherited;
        self.method(&FunctionParts { visibility, signature: &item.sig, body });
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_foreign_item_fn(&mut self, item: &'ast ForeignItemFn) {
        self.method(&FunctionParts { visibility: &item.vis, signature: &item.sig, body: None });
        visit::visit_foreign_item_fn(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        self.name(&Named { kind: NameKind::Constant, ident: &item.ident });
        visit::visit_impl_item_const(self, item);
    }

    fn visit_trait_item_const(&mut self, item: &'ast TraitItemConst) {
        self.name(&Named { kind: NameKind::Constant, ident: &item.ident });
        visit::visit_trait_item_const(self, item);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.block_depth += 1;
        self.statements(&block.stmts);
        self.block_depth -= 1;
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let pattern = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pattern => pattern,
        };
        let is_literal = local
            .init
            .as_ref()
            .is_some_and(|init| init.diverge.is_none() && matches!(*init.expr, Expr::Tuple(_)));
        if matches!(pattern, Pat::Tuple(_)) && is_literal {
            self.facts.tuple_lets.push(TupleLet {
                pattern: pattern.span().source_text().unwrap_or_default(),
                line: line(local.span()),
            });
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast ExprUnsafe) {
        self.unsafe_keyword(Some(&block.unsafe_token));
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_type_bare_fn(&mut self, kind: &'ast syn::TypeBareFn) {
        self.unsafe_keyword(kind.unsafety.as_ref());
        visit::visit_type_bare_fn(self, kind);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.macro_content(call.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        if list.path.is_ident("unsafe") {
            self.facts.unsafe_lines.push(line(list.path.span()));
        }
        self.visit_path(&list.path);
        self.tokens(list.tokens.clone());
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.path(segments, line(path.span()));
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::room)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

fn line(span: Span) -> usize {
    span.start().line
}
