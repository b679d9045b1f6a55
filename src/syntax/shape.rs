//! Trees without their places, to tell whether two texts say the same.

use super::tree::{Arg, Block, Entry, Expr, ExprKind, File, Item, Name};
use crate::source::Span;

/// Whether two files say the same: equal but for places, comments and what did not parse.
pub fn same(a: &File, b: &File) -> bool {
    bare(a).items == bare(b).items
}

/// The file with every place set to nothing.
fn bare(file: &File) -> File {
    let mut file = file.clone();
    for item in &mut file.items {
        match item {
            Item::Prose(prose) => prose.span = Span::default(),
            Item::Use(used) => {
                used.names.iter_mut().for_each(name);
                used.path.span = Span::default();
                used.span = Span::default();
            }
            Item::Let(found) => {
                name(&mut found.name);
                expr(&mut found.value);
                found.span = Span::default();
            }
            Item::Block(found) => block(found),
        }
    }
    file
}

fn name(name: &mut Name) {
    name.span = Span::default();
}

fn block(block: &mut Block) {
    name(&mut block.kind);
    block.head.iter_mut().for_each(expr);
    block.entries.iter_mut().for_each(entry);
    block.span = Span::default();
    block.body = Span::default();
}

fn entry(entry: &mut Entry) {
    match entry {
        Entry::Field(field) => {
            name(&mut field.key);
            expr(&mut field.value);
        }
        Entry::Block(inner) => block(inner),
        Entry::Value(value) => expr(value),
    }
}

fn arg(arg: &mut Arg) {
    arg.name.iter_mut().for_each(name);
    expr(&mut arg.value);
}

fn expr(of: &mut Expr) {
    of.span = Span::default();
    match &mut of.kind {
        ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
        ExprKind::Member(of, member) | ExprKind::As(of, member) => {
            expr(of);
            name(member);
        }
        ExprKind::Call(of, args) | ExprKind::Select(of, args) => {
            expr(of);
            args.iter_mut().for_each(arg);
        }
        ExprKind::List(items) | ExprKind::Chain(items) => items.iter_mut().for_each(expr),
        ExprKind::Body(of, entries) => {
            expr(of);
            entries.iter_mut().for_each(entry);
        }
        ExprKind::Negate(of) => expr(of),
        ExprKind::Arithmetic(a, sign, b) => {
            sign.span = Span::default();
            expr(a);
            expr(b);
        }
        ExprKind::Compare(a, sign, b) => {
            sign.span = Span::default();
            expr(a);
            expr(b);
        }
    }
}
