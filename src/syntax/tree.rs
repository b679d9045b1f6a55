//! The shape of a file, with a place for everything. It knows no kinds, keys or layers.

use crate::source::{Span, Spanned};

/// A name as written.
pub type Name = Spanned<String>;

/// A whole file. Parts that did not parse are left out (their errors are reported beside it).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// In the order of the text.
    pub items: Vec<Item>,
    /// Every comment, from `#` to the end of its line.
    pub comments: Vec<Spanned<String>>,
    /// Names that items which did not parse would have given (`let rate = ` and nothing): they are not unknown.
    pub lost: Vec<String>,
}

/// Something at the top level.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Markdown between triple quotes; the text without the quotes and common indentation.
    Prose(Spanned<String>),
    /// `use a, b from "file.exp"`.
    Use(Use),
    /// `let name = value`.
    Let(Let),
    /// `kind head { entries }`.
    Block(Block),
}

/// An import.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// What to take.
    pub names: Vec<Name>,
    /// The path, relative to the importing file.
    pub path: Spanned<String>,
    /// Which file of the sources that is, once [`super::load`] has found it.
    pub file: Option<u32>,
    /// All of it.
    pub span: Span,
}

/// A definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// What is defined.
    pub name: Name,
    /// Its value.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// `experiment fine from coarse { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The first word.
    pub kind: Name,
    /// Words, numbers, or one text between the kind and the brace.
    pub head: Vec<Expr>,
    /// What stands between the braces.
    pub entries: Vec<Entry>,
    /// Whether entries that did not parse were left out: a key that seems to be missing may be one of them.
    pub broken: bool,
    /// All of it, braces included.
    pub span: Span,
    /// The braces and what is between them.
    pub body: Span,
}

/// Something in a block.
///
/// A word, then words, numbers or a text, then braces is a [`Block`] (`at epoch 12 { … }`). A word or call that braces
/// follow at once is a value with a body ([`ExprKind::Body`]), whatever the word is: `residual { … }`.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// `key = value`.
    Field(Field),
    /// A nested block, such as `at epoch 12 { … }`.
    Block(Block),
    /// A bare value: a chain in a network, a comparison in a claim.
    Value(Expr),
}

/// `key = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key.
    pub key: Name,
    /// The value.
    pub value: Expr,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `32`, `60_000`, `1e-4`, `80%` (0.8).
    Number(f64),
    /// `30s`, `5min`, `2h`, in seconds.
    Duration(f64),
    /// `"text"`, without the quotes, escapes undone.
    Text(String),
    /// `relu`.
    Name(String),
    /// `dev.accuracy`: what it is taken from, and the member.
    Member(Box<Expr>, Name),
    /// `adam(rate = 0.01)`: the callee is a name or a member.
    Call(Box<Expr>, Vec<Arg>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `a -> b -> c`, two or more.
    Chain(Vec<Expr>),
    /// `repeat(3) { … }`, `residual { … }`: the head is a name or a call.
    Body(Box<Expr>, Vec<Entry>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `a + b`.
    Arithmetic(Box<Expr>, Spanned<Operator>, Box<Expr>),
    /// `a < b`.
    Compare(Box<Expr>, Spanned<Comparison>, Box<Expr>),
    /// `placement[norm = before]`, with its filters.
    Select(Box<Expr>, Vec<Arg>),
    /// `value as name`.
    As(Box<Expr>, Name),
}

/// Something between the parentheses of a call or the brackets of a selection.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The name before `=`, if there is one.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `+ - * / ^`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
}

/// `< <= > >= == !=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}
