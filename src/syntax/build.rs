//! From what the grammar matched to the tree.

use pest::iterators::Pair;

use super::MAX_DEPTH;
use super::parser::Rule;
use super::tree::{Arg, Block, Comparison, Entry, Expr, ExprKind, Field, Item, Let, Name, Operator, Use};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

/// Makes the tree of one piece of text, which begins at `offset` in its file.
pub(super) struct Builder<'a> {
    /// Number of the file.
    pub file: u32,
    /// Where the piece begins.
    pub offset: usize,
    /// The file as it is: brackets that we closed may lie beyond it, or where a comment was.
    pub source: &'a str,
    /// What the grammar lets through and is wrong all the same.
    pub mistakes: Vec<Diagnostic>,
}

/// An operator between two values, by how loosely it binds.
#[derive(Clone, Copy)]
enum Infix {
    Compare(Comparison),
    Arrow,
    Arithmetic(Operator),
}

impl Infix {
    /// The larger, the tighter it binds.
    fn precedence(self) -> u8 {
        match self {
            Infix::Compare(_) => 1,
            Infix::Arrow => 2,
            Infix::Arithmetic(Operator::Add | Operator::Subtract) => 3,
            Infix::Arithmetic(Operator::Multiply | Operator::Divide) => 4,
            Infix::Arithmetic(Operator::Power) => 6,
        }
    }
}

/// A sign before a value binds tighter than `*` and looser than `^`.
const NEGATION: u8 = 5;

/// A value as a row of operands and operators.
#[derive(Default)]
struct Row {
    operands: Vec<(Vec<Span>, Expr)>,
    infixes: Vec<Spanned<Infix>>,
}

impl Builder<'_> {
    /// A place in the piece, as a span of the file.
    fn place(&self, start: usize, end: usize) -> Span {
        let within = |at| self.source.floor_char_boundary(self.offset + at);
        Span::new(self.file, within(start), within(end))
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.place(span.start(), span.end())
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Spanned { node: pair.as_str().to_string(), span: self.span(pair) }
    }

    /// A whole item.
    pub(super) fn item(&mut self, pair: Pair<'_, Rule>) -> Option<Item> {
        match pair.as_rule() {
            Rule::prose => {
                let text = pair.as_str();
                let inner = text.get(3..text.len().saturating_sub(3)).unwrap_or_default();
                Some(Item::Prose(Spanned { node: dedent(inner), span: self.span(&pair) }))
            }
            Rule::import => self.import(pair).map(Item::Use),
            Rule::definition => {
                let span = self.span(&pair);
                let mut parts = pair.into_inner().filter(|p| matches!(p.as_rule(), Rule::word | Rule::value));
                let name = self.name(&parts.next()?);
                let value = self.value(parts.next()?, 0)?;
                Some(Item::Let(Let { span: span_until(span, value.span), name, value }))
            }
            Rule::block => self.block(pair, 0).map(Item::Block),
            _ => None,
        }
    }

    fn import(&mut self, pair: Pair<'_, Rule>) -> Option<Use> {
        let span = self.span(&pair);
        let (mut names, mut path) = (Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => names.push(self.name(&part)),
                Rule::text => path = Some(Spanned { node: self.unescape(&part), span: self.span(&part) }),
                _ => {}
            }
        }
        Some(Use { names, path: path?, file: None, span })
    }

    /// The kind and the head of a block from the pairs before its body.
    pub(super) fn head<'i>(&mut self, pairs: impl Iterator<Item = Pair<'i, Rule>>) -> Option<(Name, Vec<Expr>)> {
        let mut pairs =
            pairs.filter(|p| matches!(p.as_rule(), Rule::word | Rule::duration | Rule::number | Rule::text));
        let kind = self.name(&pairs.next()?);
        let head = pairs.map(|pair| self.literal(&pair)).collect::<Option<Vec<_>>>()?;
        Some((kind, head))
    }

    fn block(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Block> {
        let span = self.span(&pair);
        let mut parts: Vec<_> = pair.into_inner().collect();
        let body = parts.pop()?;
        let (kind, head) = self.head(parts.into_iter())?;
        let body_span = self.span(&body);
        let entries = self.entries(body, depth)?;
        Some(Block { kind, head, entries, broken: false, span, body: body_span })
    }

    fn entries(&mut self, body: Pair<'_, Rule>, depth: usize) -> Option<Vec<Entry>> {
        body.into_inner().map(|pair| self.entry(pair, depth + 1)).collect()
    }

    /// An entry of a block or body.
    pub(super) fn entry(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Entry> {
        let inner = pair.into_inner().next()?;
        match inner.as_rule() {
            Rule::field => {
                let mut parts = inner.into_inner().filter(|p| matches!(p.as_rule(), Rule::word | Rule::value));
                let key = self.name(&parts.next()?);
                Some(Entry::Field(Field { key, value: self.value(parts.next()?, depth)? }))
            }
            Rule::nested => self.block(inner, depth).map(Entry::Block),
            _ => self.value(inner, depth).map(Entry::Value),
        }
    }

    fn value(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expr> {
        let span = self.span(&pair);
        let parts: Vec<_> = pair.into_inner().collect();
        let depth = depth + 1 + nesting(&parts);
        if depth > MAX_DEPTH {
            self.mistakes.push(Diagnostic::error("E0110", "this value is nested too deeply", span).note(format!(
                "at most {MAX_DEPTH} operators and calls may stand in each other; give a part a name with `let`"
            )));
            return None;
        }
        let mut row = Row::default();
        let mut signs = Vec::new();
        for part in parts {
            let place = self.span(&part);
            let wants_operand = row.operands.len() == row.infixes.len();
            match part.as_rule() {
                Rule::minus if wants_operand => signs.push(place),
                Rule::arrow | Rule::compare | Rule::minus | Rule::sign => {
                    row.infixes.push(Spanned { node: infix(part.as_str())?, span: place });
                }
                Rule::member | Rule::call | Rule::select | Rule::body | Rule::rename => {
                    let (signs, base) = row.operands.pop()?;
                    let value = self.postfix(base, part, depth)?;
                    row.operands.push((signs, value));
                }
                _ => {
                    let operand = self.primary(part, depth)?;
                    row.operands.push((std::mem::take(&mut signs), operand));
                }
            }
        }
        let mut operands = row.operands.into_iter();
        let mut infixes = row.infixes.into_iter().peekable();
        self.climb(&mut operands, &mut infixes, 0)
    }

    /// Precedence climbing: the value that the row begins with, as far as operators bind at least so tightly.
    fn climb(
        &mut self,
        operands: &mut impl Iterator<Item = (Vec<Span>, Expr)>,
        infixes: &mut std::iter::Peekable<std::vec::IntoIter<Spanned<Infix>>>,
        least: u8,
    ) -> Option<Expr> {
        let (signs, mut left) = operands.next()?;
        if !signs.is_empty() {
            // `-2 ^ 2` is `-(2 ^ 2)`: what binds tighter than the sign comes first.
            left = self.climb_on(left, operands, infixes, NEGATION)?;
            for sign in signs.into_iter().rev() {
                left = Expr { span: sign.to(left.span), kind: ExprKind::Negate(Box::new(left)) };
            }
        }
        self.climb_on(left, operands, infixes, least)
    }

    fn climb_on(
        &mut self,
        mut left: Expr,
        operands: &mut impl Iterator<Item = (Vec<Span>, Expr)>,
        infixes: &mut std::iter::Peekable<std::vec::IntoIter<Spanned<Infix>>>,
        least: u8,
    ) -> Option<Expr> {
        while let Some(sign) = infixes.next_if(|sign| sign.node.precedence() >= least) {
            let precedence = sign.node.precedence();
            let right_associative = matches!(sign.node, Infix::Arithmetic(Operator::Power));
            let right = self.climb(operands, infixes, if right_associative { precedence } else { precedence + 1 })?;
            left = self.join(left, sign, right);
        }
        Some(left)
    }

    fn join(&mut self, left: Expr, sign: Spanned<Infix>, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let kind = match sign.node {
            Infix::Arrow => {
                let mut layers = match left.kind {
                    ExprKind::Chain(layers) => layers,
                    _ => vec![left],
                };
                match right.kind {
                    ExprKind::Chain(inner) => layers.extend(inner),
                    _ => layers.push(right),
                }
                ExprKind::Chain(layers)
            }
            Infix::Compare(comparison) => {
                if matches!(left.kind, ExprKind::Compare(..)) {
                    self.mistakes.push(
                        Diagnostic::error("E0119", "comparisons do not chain", sign.span)
                            .label("a second comparison")
                            .note("write two: `a < b` and `b < c`, each on a line of its own"),
                    );
                }
                ExprKind::Compare(Box::new(left), Spanned { node: comparison, span: sign.span }, Box::new(right))
            }
            Infix::Arithmetic(operator) => {
                ExprKind::Arithmetic(Box::new(left), Spanned { node: operator, span: sign.span }, Box::new(right))
            }
        };
        Expr { kind, span }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Expr> {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::list => {
                let items = pair.into_inner().map(|item| self.value(item, depth)).collect::<Option<_>>()?;
                Some(Expr { kind: ExprKind::List(items), span })
            }
            // The parentheses belong to the place, so that marks under `(a + b) * c` look right.
            Rule::group => Some(Expr { span, ..self.value(pair.into_inner().next()?, depth)? }),
            _ => self.literal(&pair),
        }
    }

    fn literal(&mut self, pair: &Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(pair);
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::text => ExprKind::Text(self.unescape(pair)),
            Rule::number => ExprKind::Number(self.number(text, span)?),
            Rule::duration => {
                let (digits, seconds) = match text.as_bytes().last() {
                    Some(b'n') => (&text[..text.len() - 3], 60.0),
                    Some(b'h') => (&text[..text.len() - 1], 3600.0),
                    _ => (&text[..text.len() - 1], 1.0),
                };
                ExprKind::Duration(self.number(digits, span)? * seconds)
            }
            _ => ExprKind::Name(text.to_string()),
        };
        Some(Expr { kind, span })
    }

    fn number(&mut self, text: &str, span: Span) -> Option<f64> {
        let mut digits = text.replace('_', "");
        // The exponent goes into the text: 0.07 is nearer to 7% than 7.0 / 100.0 may be.
        if digits.ends_with('%') {
            digits.pop();
            match digits.split_once(['e', 'E']) {
                None => digits.push_str("e-2"),
                Some((mantissa, exponent)) => {
                    digits = format!("{mantissa}e{}", exponent.parse::<i32>().unwrap_or(i32::MAX).saturating_sub(2));
                }
            }
        }
        let number = digits.parse::<f64>().ok().filter(|n| n.is_finite());
        if number.is_none() {
            let mistake = Diagnostic::error("E0113", "this number is too large", span);
            self.mistakes.push(mistake.note("the largest number is about 1.8e308"));
        }
        number
    }

    fn postfix(&mut self, base: Expr, pair: Pair<'_, Rule>, depth: usize) -> Option<Expr> {
        let span = base.span.to(self.span(&pair));
        let named = matches!(base.kind, ExprKind::Name(_) | ExprKind::Member(..));
        let complaint = match (pair.as_rule(), &base.kind) {
            (Rule::call, _) if !named => Some("only a name can be called"),
            (Rule::body, ExprKind::Name(_) | ExprKind::Call(..)) => None,
            (Rule::body, _) => Some("only a name or a call can have a body"),
            (Rule::member | Rule::select, ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_)) => {
                Some("a number or text has no parts")
            }
            (Rule::rename, ExprKind::As(..)) => Some("this has a name already"),
            _ => None,
        };
        if let Some(complaint) = complaint {
            let mark = self.span(&pair);
            self.mistakes.push(Diagnostic::error("E0116", complaint, mark).also(base.span, "this"));
            return None;
        }
        let base = Box::new(base);
        let kind = match pair.as_rule() {
            Rule::member => ExprKind::Member(base, self.last_word(pair)?),
            Rule::rename => ExprKind::As(base, self.last_word(pair)?),
            Rule::body => ExprKind::Body(base, self.entries(pair, depth)?),
            rule => {
                let args = pair.into_inner().map(|arg| self.argument(arg, depth)).collect::<Option<Vec<_>>>()?;
                if rule == Rule::call { ExprKind::Call(base, args) } else { ExprKind::Select(base, args) }
            }
        };
        Some(Expr { kind, span })
    }

    fn last_word(&self, pair: Pair<'_, Rule>) -> Option<Name> {
        pair.into_inner().last().map(|word| self.name(&word))
    }

    fn argument(&mut self, pair: Pair<'_, Rule>, depth: usize) -> Option<Arg> {
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::value => value = Some(self.value(part, depth)?),
                _ => {}
            }
        }
        Some(Arg { name, value: value? })
    }

    /// What stands between the quotes, escapes undone.
    fn unescape(&mut self, pair: &Pair<'_, Rule>) -> String {
        let start = pair.as_span().start() + 1;
        let inner = &pair.as_str()[1..pair.as_str().len() - 1];
        let mut text = String::with_capacity(inner.len());
        let mut chars = inner.char_indices();
        while let Some((_, c)) = chars.next() {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, c @ ('"' | '\\'))) => text.push(c),
                Some((n, c)) => {
                    let span = self.place(start + n - 1, start + n + c.len_utf8());
                    let mistake = Diagnostic::error("E0114", format!("`\\{c}` stands for nothing in a text"), span)
                        .note("known are `\\\"`, `\\\\`, `\\n` and `\\t`; a path may be written with `/`")
                        .replace("write the backslash twice", span, format!("\\\\{c}"), false);
                    self.mistakes.push(mistake);
                }
                None => {}
            }
        }
        text
    }
}

/// How deeply the operators and calls of a value nest in each other; a chain does not nest.
fn nesting(parts: &[Pair<'_, Rule>]) -> usize {
    let leaf = |p: &&Pair<'_, Rule>| matches!(p.as_rule(), Rule::number | Rule::duration | Rule::text | Rule::word);
    let layers = parts.split(|p| p.as_rule() == Rule::arrow);
    layers.map(|layer| layer.len() - layer.iter().filter(leaf).count()).max().unwrap_or(0)
}

/// `span`, ending where `last` ends.
fn span_until(span: Span, last: Span) -> Span {
    Span { end: last.end, ..span }
}

fn infix(sign: &str) -> Option<Infix> {
    Some(match sign {
        "->" => Infix::Arrow,
        "<" => Infix::Compare(Comparison::Less),
        "<=" => Infix::Compare(Comparison::LessEqual),
        ">" => Infix::Compare(Comparison::Greater),
        ">=" => Infix::Compare(Comparison::GreaterEqual),
        "==" => Infix::Compare(Comparison::Equal),
        "!=" => Infix::Compare(Comparison::NotEqual),
        "+" => Infix::Arithmetic(Operator::Add),
        "-" => Infix::Arithmetic(Operator::Subtract),
        "*" => Infix::Arithmetic(Operator::Multiply),
        "/" => Infix::Arithmetic(Operator::Divide),
        "^" => Infix::Arithmetic(Operator::Power),
        _ => return None,
    })
}

/// The lines without the indentation that they share, and without blank lines at both ends. The first line, which
/// stands behind the quotes, has none.
fn dedent(text: &str) -> String {
    let text = text.replace('\r', "");
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let mut lines: Vec<&str> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let cut = if n == 0 { indent(line) } else { shared.min(indent(line)) };
        // Two spaces at the end of a line mean something in Markdown.
        lines.push(if line.trim().is_empty() { "" } else { &line[cut..] });
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(first, |n| n + 1);
    lines[first..last].join("\n")
}
