use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::tree::{Arg, Block, Entry, Expr, ExprKind, Item, Name};
use super::{FLAGSHIP, parsed};
use crate::source::Span;

/// Every span of the tree and of the mistakes.
#[derive(Default)]
struct Spans(Vec<Span>);

impl Spans {
    fn name(&mut self, name: &Name) {
        self.0.push(name.span);
    }

    fn block(&mut self, block: &Block) {
        self.name(&block.kind);
        block.head.iter().for_each(|expr| self.expr(expr));
        self.entries(&block.entries);
        self.0.extend([block.span, block.body]);
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Field(field) => {
                    self.name(&field.key);
                    self.expr(&field.value);
                }
                Entry::Block(block) => self.block(block),
                Entry::Value(expr) => self.expr(expr),
            }
        }
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            arg.name.iter().for_each(|name| self.name(name));
            self.expr(&arg.value);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.0.push(expr.span);
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
            ExprKind::Member(of, name) | ExprKind::As(of, name) => {
                self.expr(of);
                self.name(name);
            }
            ExprKind::Call(of, args) | ExprKind::Select(of, args) => {
                self.expr(of);
                self.args(args);
            }
            ExprKind::List(items) | ExprKind::Chain(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Body(of, entries) => {
                self.expr(of);
                self.entries(entries);
            }
            ExprKind::Negate(of) => self.expr(of),
            ExprKind::Arithmetic(a, sign, b) => {
                self.0.push(sign.span);
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Compare(a, sign, b) => {
                self.0.push(sign.span);
                self.expr(a);
                self.expr(b);
            }
        }
    }
}

fn spans_are_within(text: &str) {
    let (file, mistakes) = parsed(text);
    let mut spans = Spans::default();
    for item in &file.items {
        match item {
            Item::Prose(prose) => spans.0.push(prose.span),
            Item::Use(used) => {
                used.names.iter().for_each(|name| spans.name(name));
                spans.0.extend([used.path.span, used.span]);
            }
            Item::Let(found) => {
                spans.name(&found.name);
                spans.expr(&found.value);
                spans.0.push(found.span);
            }
            Item::Block(block) => spans.block(block),
        }
    }
    spans.0.extend(file.comments.iter().map(|comment| comment.span));
    spans.0.extend(mistakes.iter().flat_map(|m| m.labels.iter().map(|label| label.span)));
    spans.0.extend(mistakes.iter().filter_map(|m| m.fix.as_ref()).flat_map(|fix| fix.edits.iter().map(|edit| edit.0)));
    for span in spans.0 {
        assert!(text.get(span.range()).is_some(), "{span:?} of {} bytes: {text:?}", text.len());
    }
}

/// Pieces of the language and of what people mix up with it.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "let ",
        "use ",
        " as ",
        " from ",
        "experiment ",
        "x",
        "y ",
        "at epoch 12 ",
        " = ",
        "==",
        " -> ",
        "->",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\n\n",
        "\n  ",
        ",",
        ", ",
        ":",
        ";",
        "\"",
        "\"t\"",
        "\"\"\"",
        "'",
        "'a'",
        "“",
        "”",
        "#",
        "# c\n",
        "//",
        "\\",
        "1",
        "80%",
        "30s",
        "5m",
        "1e-4",
        "..",
        ".",
        "+",
        "-",
        "*",
        "**",
        "^",
        "<",
        ">=",
        "=>",
        "|>",
        "&&",
        "µ",
        "数",
        "🐟",
        "→",
        "\r\n",
        "\t",
        "\u{a0}",
        "é",
        "residual { relu }",
        "\nlet a = 1\n",
        "\nplot { draw = parallel }\n",
        "$",
        "!",
        "\0",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        spans_are_within(&text);
    }

    #[test]
    fn mixed_pieces_never_panic(text in pieces()) {
        spans_are_within(&text);
    }

    #[test]
    fn a_mutilated_notebook_never_panics(cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..8, pieces()), 1..4)) {
        let mut text: Vec<char> = FLAGSHIP.chars().collect();
        for (at, length, piece) in cuts {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.chars().take(3));
        }
        spans_are_within(&text.into_iter().collect::<String>());
    }
}

/// Reading takes time in proportion to the text: these would take minutes otherwise.
#[test]
fn hostile_files_are_read_in_time() {
    let many = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    let megabyte = 1 << 18;
    let hostile = [
        ("open brackets", many("(", megabyte)),
        ("100,000 nested", format!("let x = {}{}", many("[", 100_000), many("]", 100_000))),
        ("nested braces", many("a {", megabyte)),
        ("nested and broken", format!("e x {{ {} = = {} }}", many("a b {\n", 378), many("}\n", 126))),
        ("closing", many("}", megabyte)),
        ("one long word", many("x", 40 * megabyte)),
        ("one long line of numbers", format!("let x = [{}1]", many("1, ", 40 * megabyte))),
        ("one long text", format!("let x = \"{}\"", many("a", 40 * megabyte))),
        ("unclosed text", format!("let x = \"{}", many("a", 40 * megabyte))),
        ("quotes", many("\"", megabyte)),
        ("long prose", format!("\"\"\"{}\"\"\"", many("a ", 40 * megabyte))),
        ("unclosed prose", format!("\"\"\"{}", many("a {\n", megabyte))),
        ("signs", format!("let x = {}1", many("-", megabyte))),
        ("powers", format!("let x = 1{}", many(" ^ 1", megabyte / 2))),
        ("members", format!("let x = a{}", many(".a", megabyte / 2))),
        ("calls", format!("let x = a{}", many("()", megabyte / 2))),
        ("chain", format!("network n {{ relu{} }}", many(" -> relu", megabyte / 2))),
        ("words", format!("e x {{ {} }}", many("a ", megabyte / 2))),
        ("missing commas", format!("let x = [{}]", many("1 ", megabyte / 2))),
        ("broken entries", format!("e x {{\n{}}}", many("a = = 1\n", megabyte))),
        ("guillemets", many("«", megabyte)),
        ("semicolons", many(";", megabyte)),
        ("colons", format!("e x {{ {} }}", many("a: 1, ", megabyte))),
        ("lines that go on", format!("}}\nlet x = 1{}", many("\n + 1", megabyte))),
        ("comments", many("# c\n", megabyte)),
        ("commas", format!("e x {{{}}}", many(",", megabyte))),
        ("settings", format!("e x {{\n{}}}", many("alpha = adam(rate = 0.1)\n", 4 * megabyte))),
        ("indented", many("a\n b\n", megabyte)),
        ("indented, one brace too many", format!("{}}}", many("a\n b\n", megabyte))),
    ];
    for (name, text) in hostile {
        let start = Instant::now();
        let (_, mistakes) = parsed(&text);
        let taken = start.elapsed();

        assert!(taken < Duration::from_secs(10), "{name}: {taken:?}");
        assert!(mistakes.len() <= 101, "{name}: {}", mistakes.len());
    }
}
