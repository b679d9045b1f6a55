//! Values by their type.

use crate::diagnostic::Diagnostic;
use crate::plan::value::Value;
use crate::syntax::tree::{Expr, ExprKind};
use crate::vocabulary::{self, Category, Type, number};

use super::checker::{Checker, Cx};
use super::choices::Chosen;
use super::spaces::mark;
use super::symbols::SymbolKind;

impl<'a> Checker<'a> {
    /// A value of this type; none if it is wrong, which is reported.
    pub fn value(&mut self, expr: &'a Expr, kind: Type, cx: Cx<'_, 'a>) -> Option<Value> {
        self.trail.note(expr.span);
        match &expr.kind {
            ExprKind::As(_, name) if !is_number(kind) => {
                let id = self.scope.at(name.span)?;
                let value = self.within(id, name.span, cx, |checker, inner, cx| checker.value(inner, kind, cx))?;
                self.must_draw(&value, &name.node, name.span);
                return Some(value);
            }
            ExprKind::Call(callee, args) if matches!(&callee.kind, ExprKind::Name(n) if n == "choice") => {
                self.symbols.add(callee.span, "choice", SymbolKind::Call, None);
                let Chosen { id, options } = self.choose(expr, args, cx, |checker, option, cx| {
                    checker.value(option, kind, Cx { site: option.span, ..cx })
                })?;
                let options: Vec<Value> = options.into_iter().collect::<Option<_>>()?;
                self.equal_options(args, &options);
                self.numbers_of_choice(id, &options);
                return Some(Value::Choice { param: mark(id), options });
            }
            ExprKind::Name(name) if !is_number(kind) && !is_bare(kind) && !is_word(name, kind) => {
                let words = words_of(kind);
                let id = self.name(name, expr.span, cx, &kind.to_string(), &words)?;
                return self.within(id, expr.span, cx, |checker, inner, cx| checker.value(inner, kind, cx));
            }
            _ => {}
        }
        match kind {
            Type::Number(range) => self.ranged(expr, range, false, cx),
            Type::Whole(range) => self.ranged(expr, range, true, cx),
            Type::Duration => match expr.kind {
                ExprKind::Duration(seconds) if seconds > 0.0 => Some(Value::Number(seconds)),
                ExprKind::Number(x) => {
                    let text = format!("{}s", number(x));
                    self.findings.push(
                        Diagnostic::error(
                            "E0301",
                            format!("{} needs a unit: `s`, `min` or `h`", cx.subject),
                            expr.span,
                        )
                        .replace(format!("write `{text}`"), expr.span, text, false),
                    );
                    None
                }
                ExprKind::Duration(_) => {
                    let message = format!("{} must be longer than nothing", cx.subject);
                    self.findings.push(Diagnostic::error("E0302", message, expr.span));
                    None
                }
                _ => self.refuse(expr, kind, cx),
            },
            Type::Flag => match &expr.kind {
                ExprKind::Name(name) => {
                    self.symbols.add(expr.span, name, SymbolKind::Word, None);
                    Some(Value::Word(name.clone()))
                }
                _ => self.refuse(expr, kind, cx),
            },
            Type::Word(words) => match &expr.kind {
                ExprKind::Name(name) => {
                    self.symbols.add(expr.span, name, SymbolKind::Word, None);
                    Some(Value::Word(name.clone()))
                }
                ExprKind::Text(text) if words.iter().any(|w| w.name == text) => {
                    let (message, text) = (format!("{} takes a word, without quotes", cx.subject), text.clone());
                    self.findings.push(Diagnostic::error("E0301", message, expr.span).replace(
                        "leave the quotes out",
                        expr.span,
                        text,
                        true,
                    ));
                    None
                }
                _ => self.refuse(expr, kind, cx),
            },
            Type::Text => match &expr.kind {
                ExprKind::Text(text) => Some(Value::Text(text.clone())),
                _ => self.unquoted(expr, kind, cx),
            },
            Type::Character => match &expr.kind {
                ExprKind::Text(text) if text.len() == 1 => Some(Value::Text(text.clone())),
                ExprKind::Text(text) => self.no_character(text, expr, cx),
                ExprKind::Name(word) if called(word).is_some() => self.no_character(word, expr, cx),
                _ => self.unquoted(expr, kind, cx),
            },
            Type::Path => match &expr.kind {
                ExprKind::Text(text) if text.trim().is_empty() => {
                    self.findings.push(Diagnostic::error("E0302", format!("{} is empty", cx.subject), expr.span));
                    None
                }
                ExprKind::Text(text) => Some(Value::Text(self.relocated(text, expr.span.file))),
                _ => self.unquoted(expr, kind, cx),
            },
            Type::Column => self.column(expr, cx).map(Value::Text),
            Type::Columns => match &expr.kind {
                ExprKind::List(parts) => {
                    let columns: Vec<Option<Value>> =
                        parts.iter().map(|part| self.column(part, cx).map(Value::Text)).collect();
                    columns.into_iter().collect::<Option<_>>().map(Value::List)
                }
                _ => self.column(expr, cx).map(|column| Value::List(vec![Value::Text(column)])),
            },
            Type::Call(category) => self.call(expr, category, cx),
            Type::Calls(category) => match &expr.kind {
                ExprKind::List(parts) => {
                    let calls: Vec<Option<Value>> =
                        parts.iter().map(|part| self.value(part, Type::Call(category), cx)).collect();
                    calls.into_iter().collect::<Option<_>>().map(Value::List)
                }
                _ => self.call(expr, category, cx),
            },
            Type::Shares => self.shares(expr, cx),
            Type::Size => self.size(expr, cx),
            Type::Either(kinds) => match kinds.iter().find(|kind| fits(expr, **kind)) {
                Some(fitting) => self.value(expr, *fitting, cx),
                None => self.refuse(expr, kind, cx),
            },
            _ => self.refuse(expr, kind, cx),
        }
    }

    fn refuse(&mut self, expr: &Expr, kind: Type, cx: Cx<'_, 'a>) -> Option<Value> {
        if let ExprKind::Call(callee, _) = &expr.kind
            && let ExprKind::Name(name) = &callee.kind
        {
            let calls: Vec<&'static str> = words_of(kind);
            self.unknown_call(name, callee.span, &kind.to_string(), calls);
            return None;
        }
        self.mismatch(expr, &kind.to_string(), cx);
        None
    }

    /// Report a value of another type than expected.
    pub fn mismatch(&mut self, expr: &Expr, expected: &str, cx: Cx<'_, '_>) {
        let found = self.mismatched(expr, expected, cx);
        self.findings.push(found);
    }

    /// That a value is of another type than expected.
    pub fn mismatched(&self, expr: &Expr, expected: &str, cx: Cx<'_, '_>) -> Diagnostic {
        let subject = if cx.subject.is_empty() { "this" } else { cx.subject };
        Diagnostic::error("E0301", format!("{subject} takes {expected}, not {}", describe(expr)), expr.span)
    }

    /// Something without quotes where a text is needed: most often a path.
    fn unquoted(&mut self, expr: &Expr, kind: Type, cx: Cx<'_, 'a>) -> Option<Value> {
        if let ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Arithmetic(..) = expr.kind {
            let text = self.sources.text(expr.span);
            let quoted = format!("\"{text}\"");
            self.findings.push(
                Diagnostic::error("E0301", format!("{} is written in quotes", cx.subject), expr.span).replace(
                    format!("write {quoted}"),
                    expr.span,
                    quoted,
                    true,
                ),
            );
            return None;
        }
        self.refuse(expr, kind, cx)
    }

    /// A text that is not one character, or what people call one.
    fn no_character(&mut self, text: &str, expr: &Expr, cx: Cx<'_, 'a>) -> Option<Value> {
        let message = format!("{} takes one character", cx.subject);
        let mut found = Diagnostic::error("E0301", message, expr.span);
        let alone = text.trim_matches(' ');
        if let Some(meant) = called(text).or((alone.len() == 1).then_some(alone)) {
            let written = format!("\"{meant}\"");
            found = found.replace(format!("write `{written}`"), expr.span, written, true);
        } else {
            found = found.note("an ASCII one, such as `\",\"`, `\";\"` or, for a tab, `\"\\t\"`");
        }
        self.findings.push(found);
        None
    }

    fn column(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<String> {
        let name = match &expr.kind {
            ExprKind::Name(name) | ExprKind::Text(name) => name.clone(),
            ExprKind::Member(..) | ExprKind::Arithmetic(..) | ExprKind::Number(_) => {
                let quoted = format!("\"{}\"", self.sources.text(expr.span));
                self.findings.push(
                    Diagnostic::error(
                        "E0301",
                        "the name of a column that is no plain word is written in quotes",
                        expr.span,
                    )
                    .replace(format!("write {quoted}"), expr.span, quoted, true),
                );
                return None;
            }
            _ => {
                self.mismatch(expr, "a column", cx);
                return None;
            }
        };
        self.symbols.add(expr.span, &name, SymbolKind::Column, None);
        Some(name)
    }

    /// A path of an imported file is relative to that file; the plan's are relative to the notebook.
    fn relocated(&self, path: &str, file: u32) -> String {
        if file == 0 || std::path::Path::new(path).is_absolute() {
            return path.to_string();
        }
        let folder = |file: u32| {
            std::path::Path::new(&self.sources.get(file).name)
                .parent()
                .unwrap_or(std::path::Path::new(""))
                .to_path_buf()
        };
        let (own, main) = (folder(file), folder(0));
        let shared = own.components().zip(main.components()).take_while(|(a, b)| a == b).count();
        let mut joined = std::path::PathBuf::new();
        for _ in main.components().skip(shared) {
            joined.push("..");
        }
        joined.extend(own.components().skip(shared));
        joined.join(path).to_string_lossy().into_owned()
    }

    fn shares(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Value> {
        let ExprKind::List(parts) = &expr.kind else { return self.refuse(expr, Type::Shares, cx) };
        let inner = Cx { drawn: false, ..cx };
        let values: Option<Vec<f64>> = parts
            .iter()
            .map(|part| match self.value(part, Type::Number(vocabulary::Range::FROM_ZERO), inner)? {
                Value::Number(x) => Some(x),
                _ => None,
            })
            .collect();
        let values = values?;
        let sum: f64 = values.iter().sum();
        let problem = if values.len() != 3 {
            format!("`split` has three shares, train, dev and test, not {}", values.len())
        } else if (sum - 1.0).abs() > 1e-9 {
            format!("the shares sum to {}, not to 1", number((sum * 1e9).round() / 1e9))
        } else if values[0] == 0.0 {
            "nothing is left to train on".to_string()
        } else {
            return Some(Value::List(values.into_iter().map(Value::Number).collect()));
        };
        let mut found = Diagnostic::error("E0305", problem, expr.span);
        if values.len() == 3 && (sum - 100.0).abs() < 1e-9 {
            let text =
                format!("[{}]", values.iter().map(|x| format!("{}%", number(*x))).collect::<Vec<_>>().join(", "));
            found = found.replace(format!("write `{text}`"), expr.span, text, true);
        } else if values.len() == 2 && (sum - 1.0).abs() < 1e-9 {
            let text =
                format!("[{}, 0]", parts.iter().map(|p| self.sources.text(p.span)).collect::<Vec<_>>().join(", "));
            found = found.note("a share may be 0").replace(format!("write `{text}`"), expr.span, text, false);
        } else {
            found = found.note("for example `[70%, 15%, 15%]`");
        }
        self.findings.push(found);
        None
    }

    fn size(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Value> {
        match &expr.kind {
            ExprKind::List(parts) if parts.len() == 2 => {
                let side = Type::Whole(vocabulary::Range::closed(1.0, 4096.0));
                let values: Vec<Option<Value>> = parts.iter().map(|part| self.value(part, side, cx)).collect();
                values.into_iter().collect::<Option<_>>().map(Value::List)
            }
            _ => self.refuse(expr, Type::Size, cx),
        }
    }

    /// An entry of a command: a number, a word or a text.
    pub fn free(&mut self, expr: &'a Expr, cx: Cx<'_, 'a>) -> Option<Value> {
        self.trail.note(expr.span);
        match &expr.kind {
            ExprKind::Text(text) => Some(Value::Text(text.clone())),
            ExprKind::Call(callee, args) if matches!(&callee.kind, ExprKind::Name(n) if n == "choice") => {
                self.symbols.add(callee.span, "choice", SymbolKind::Call, None);
                let Chosen { id, options } =
                    self.choose(expr, args, cx, |checker, option, cx| checker.free(option, cx))?;
                let options: Vec<Value> = options.into_iter().collect::<Option<_>>()?;
                self.equal_options(args, &options);
                self.numbers_of_choice(id, &options);
                Some(Value::Choice { param: mark(id), options })
            }
            ExprKind::As(_, name) => {
                let id = self.scope.at(name.span)?;
                self.within(id, name.span, cx, |checker, inner, cx| checker.free(inner, cx))
            }
            ExprKind::Name(name) => match self.scope.look_up(name, expr.span.file, cx.home) {
                super::scope::Lookup::Found(id) => {
                    self.within(id, expr.span, cx, |checker, inner, cx| checker.free(inner, cx))
                }
                _ => Some(Value::Word(name.clone())),
            },
            _ => self.number(expr, cx).map(|n| n.value),
        }
    }
}

/// The character that a word is the name of, as it is written in a text.
fn called(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "tab" | "tabs" | "\\t" => "\\t",
        "comma" => ",",
        "semicolon" => ";",
        "colon" => ":",
        "pipe" | "bar" => "|",
        "space" | "blank" => " ",
        _ => return None,
    })
}

/// Numbers have their own reading of names.
fn is_number(kind: Type) -> bool {
    matches!(kind, Type::Number(_) | Type::Whole(_))
}

/// A name may stand for itself.
fn is_bare(kind: Type) -> bool {
    match kind {
        Type::Column | Type::Columns | Type::Text | Type::Character | Type::Path => true,
        Type::Either(kinds) => kinds.contains(&Type::Column),
        _ => false,
    }
}

fn is_word(name: &str, kind: Type) -> bool {
    match kind {
        Type::Flag => matches!(name, "true" | "false"),
        Type::Word(words) => words.iter().any(|w| w.name == name),
        Type::Call(category) | Type::Calls(category) => vocabulary::call(category, name).is_some(),
        Type::Number(_) | Type::Whole(_) => matches!(name, "classes" | "features"),
        Type::Either(kinds) => kinds.iter().any(|kind| is_word(name, *kind)),
        _ => false,
    }
}

/// The words and calls of a type.
pub(super) fn words_of(kind: Type) -> Vec<&'static str> {
    match kind {
        Type::Flag => vec!["true", "false"],
        Type::Word(words) => words.iter().map(|w| w.name).collect(),
        Type::Call(category) | Type::Calls(category) => vocabulary::calls(category).iter().map(|c| c.name).collect(),
        Type::Either(kinds) => kinds.iter().flat_map(|kind| words_of(*kind)).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value looks like one of this type; names of definitions and choices are followed before.
fn fits(expr: &Expr, kind: Type) -> bool {
    match (kind, &expr.kind) {
        (Type::Number(_) | Type::Whole(_), ExprKind::Call(callee, _)) => match &callee.kind {
            ExprKind::Name(name) => vocabulary::call(Category::Space, name).is_some(),
            _ => true,
        },
        (Type::Number(_) | Type::Whole(_), ExprKind::Name(name)) => is_word(name, kind),
        (Type::Number(_) | Type::Whole(_), kind) => matches!(
            kind,
            ExprKind::Number(_)
                | ExprKind::Negate(_)
                | ExprKind::Arithmetic(..)
                | ExprKind::Member(..)
                | ExprKind::Select(..)
                | ExprKind::As(..)
        ),
        (Type::Flag | Type::Word(_), ExprKind::Name(name)) => is_word(name, kind),
        (Type::Word(words), ExprKind::Text(text)) => words.iter().any(|w| w.name == text),
        (Type::Call(category) | Type::Calls(category), ExprKind::Name(name)) => {
            vocabulary::call(category, name).is_some()
        }
        (Type::Call(category) | Type::Calls(category), ExprKind::Call(callee, _)) => {
            matches!(&callee.kind, ExprKind::Name(name) if vocabulary::call(category, name).is_some())
        }
        (Type::Calls(_), ExprKind::List(_)) => true,
        (Type::Column, ExprKind::Name(_) | ExprKind::Member(..)) => true,
        (Type::Text | Type::Character | Type::Path | Type::Column, ExprKind::Text(_)) => true,
        (Type::Duration, ExprKind::Duration(_)) => true,
        _ => false,
    }
}

/// `dev.loss`, `placement[…].best`.
fn dotted(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.clone(),
        ExprKind::Member(inner, part) => format!("{}.{}", dotted(inner), part.node),
        ExprKind::Call(callee, _) => format!("{}(…)", dotted(callee)),
        ExprKind::Select(callee, _) => format!("{}[…]", dotted(callee)),
        _ => "…".into(),
    }
}

/// What a value is, for messages.
pub(super) fn describe(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(x) => format!("the number {}", number(*x)),
        ExprKind::Duration(_) => "a duration".into(),
        ExprKind::Text(_) => "a text".into(),
        ExprKind::Name(name) => format!("`{name}`"),
        ExprKind::Member(..) => format!("`{}`", dotted(expr)),
        ExprKind::Call(callee, _) => match &callee.kind {
            ExprKind::Name(name) => match vocabulary::calls_named(name).next() {
                Some(call) => format!("{} (`{name}`)", call.category.noun()),
                None => format!("`{name}(…)`"),
            },
            _ => "a measure".into(),
        },
        ExprKind::List(_) => "a list".into(),
        ExprKind::Chain(_) => "a chain of layers".into(),
        ExprKind::Body(..) => "a layer with a body".into(),
        ExprKind::Negate(_) | ExprKind::Arithmetic(..) => "a number".into(),
        ExprKind::Compare(..) => "a comparison".into(),
        ExprKind::Select(..) => "a selection of trials".into(),
        ExprKind::As(inner, _) => describe(inner),
    }
}
