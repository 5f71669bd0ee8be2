//! Names and attributes of items, which `syn` spreads over the kinds of items.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{Attribute, ImplItem, Item, Meta};

use super::facts::NameKind;

pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub fn attributes_in_impl(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// An identifier with the kind of its definition.
pub struct Named<'a> {
    pub kind: NameKind,
    pub ident: &'a Ident,
}

/// Returns the name of a type, function or constant.
pub fn named(item: &Item) -> Option<Named<'_>> {
    Some(match item {
        Item::Const(item) => Named { kind: NameKind::Constant, ident: &item.ident },
        Item::Static(item) => Named { kind: NameKind::Constant, ident: &item.ident },
        Item::Enum(item) => Named { kind: NameKind::Type, ident: &item.ident },
        Item::Struct(item) => Named { kind: NameKind::Type, ident: &item.ident },
        Item::Trait(item) => Named { kind: NameKind::Type, ident: &item.ident },
        Item::TraitAlias(item) => Named { kind: NameKind::Type, ident: &item.ident },
        Item::Type(item) => Named { kind: NameKind::Alias, ident: &item.ident },
        Item::Union(item) => Named { kind: NameKind::Type, ident: &item.ident },
        Item::Fn(item) => Named { kind: NameKind::Function, ident: &item.sig.ident },
        _ => return None,
    })
}

/// Returns the name of a macro that an item defines.
pub fn macro_name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Macro(item) => item.ident.as_ref(),
        _ => None,
    }
}

/// Whether the attributes leave an item out unless tests are built.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.segments.last().is_some_and(|segment| segment.ident == "test"),
        Meta::List(list) => list.path.is_ident("cfg") && requires_test(list.tokens.clone()),
        Meta::NameValue(_) => false,
    })
}

/// Whether a condition is `test`, or `all(…)` with such a condition.
fn requires_test(condition: TokenStream) -> bool {
    let mut is_all = false;
    for token in condition {
        match token {
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Ident(ident) => is_all = ident == "all",
            TokenTree::Group(group) if is_all && requires_test(group.stream()) => return true,
            _ => {}
        }
    }
    false
}
