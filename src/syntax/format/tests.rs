use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::super::tree::{Arg, Block, Comparison, Entry, Expr, ExprKind, Field, File, Item, Let, Name, Operator, Use};
use super::super::{parse, same};
use super::{WIDTH, format, print};
use crate::source::{Sources, Span, Spanned};

fn parsed(text: &str) -> File {
    let (file, mistakes) = parse(&Sources::single("t", text), 0);
    assert!(mistakes.is_empty(), "{text}\n{mistakes:#?}");
    file
}

/// Formatting gives this, and leaves it as it is.
fn formatted(text: &str) -> String {
    let once = format(text).expect("the text parses");
    assert_eq!(format(&once).expect("still parses"), once, "not settled after one round");
    once
}

#[test]
fn layouts() {
    let text = include_str!("untidy.exp");
    insta::assert_snapshot!(formatted(text));
}

#[test]
fn the_flagship_keeps_its_layout_but_for_the_columns_of_comments() {
    let flagship = super::super::tests::FLAGSHIP;
    let squeezed = |text: &str| {
        text.lines()
            .map(|line| line.split_once(" #").map_or(line, |(code, _)| code.trim_end()).to_string())
            .collect::<Vec<_>>()
    };
    let expected = squeezed(flagship);
    let got = squeezed(&formatted(flagship));
    let first = 0..expected.iter().position(|line| line.starts_with("use coarse")).expect("the tail of its own");
    assert_eq!(got[first.clone()], expected[first]);
}

#[test]
fn comments_before_a_closing_bracket_find_a_place() {
    for (text, expected) in [
        ("let   x = f([1, 2] # c\n)\n", "let x = f(\n  [1, 2],  # c\n)\n"),
        ("let   x = 1 - (a -> b # c\n)\n", "# c\nlet x = 1 - (a -> b)\n"),
        ("let   x = f((a -> b # c\n), 2)\n", "let x = f(\n  # c\n  a -> b,\n  2,\n)\n"),
        ("let   x = (a -> b # c\n) # d\n", "# c\nlet x = a -> b  # d\n"),
        ("let   x = f(a # c\n)\n", "let x = f(\n  a,  # c\n)\n"),
    ] {
        assert_eq!(formatted(text), expected);
    }
}

#[test]
fn a_file_with_mistakes_is_left_alone() {
    assert_eq!(format("let a =").expect_err("a mistake").len(), 1);
    assert_eq!(format("").as_deref(), Ok(""));
    assert_eq!(format("\n\n# c\n\n").as_deref(), Ok("# c\n"));
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let hidden = path.file_name().is_some_and(|name| name == "target" || name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "exp") {
            found.push(path);
        }
    }
}

#[test]
fn every_notebook_of_the_project_keeps_its_meaning_and_settles() {
    let mut found = Vec::new();
    files(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
    assert!(!found.is_empty());
    for path in found {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if let Ok(once) = format(&text) {
            assert!(same(&parsed(&text), &parsed(&once)), "{}", path.display());
            assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "{}", path.display());
        }
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn name() -> impl Strategy<Value = Name> {
    const WORDS: &[&str] =
        &["a", "rate", "dev", "norm", "µ", "数据", "a_rather_long_name_for_a_key", "from", "best", "x1", "_"];
    prop::sample::select(WORDS).prop_map(|word| Spanned { node: word.to_string(), span: Span::default() })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![(0u32..100_000).prop_map(f64::from), 0.0..1.0, Just(1e-12), Just(1e300), Just(0.1 + 0.2)]
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        number().prop_map(|n| expr(ExprKind::Number(n))),
        number().prop_map(|n| expr(ExprKind::Duration(n))),
        ".{0,12}".prop_map(|text| expr(ExprKind::Text(text))),
        Just(expr(ExprKind::Text("\" \\ \n\t # { (".to_string()))),
        name().prop_map(|name| expr(ExprKind::Name(name.node))),
    ]
}

fn sign<T: Clone + std::fmt::Debug + 'static>(signs: &'static [T]) -> impl Strategy<Value = Spanned<T>> {
    prop::sample::select(signs).prop_map(|node| Spanned { node, span: Span::default() })
}

fn arg(value: impl Strategy<Value = Expr>) -> impl Strategy<Value = Arg> {
    (prop::option::of(name()), value).prop_map(|(name, value)| Arg { name, value })
}

fn entry(value: impl Strategy<Value = Expr> + Clone) -> impl Strategy<Value = Entry> {
    let field = (name(), value.clone()).prop_map(|(key, value)| Entry::Field(Field { key, value }));
    let nested = (name(), prop::collection::vec(leaf(), 1..3), prop::collection::vec((name(), value.clone()), 0..3));
    let nested = nested.prop_map(|(kind, head, fields)| {
        let entries = fields.into_iter().map(|(key, value)| Entry::Field(Field { key, value })).collect();
        Entry::Block(block(kind, head, entries))
    });
    prop_oneof![4 => field, 2 => value.prop_map(Entry::Value), 1 => nested]
}

fn block(kind: Name, head: Vec<Expr>, entries: Vec<Entry>) -> Block {
    Block { kind, head, entries, broken: false, span: Span::default(), body: Span::default() }
}

fn is_leaf(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_))
}

fn value() -> impl Strategy<Value = Expr> + Clone {
    let tree = leaf().prop_recursive(5, 40, 6, |inner| {
        let args = || prop::collection::vec(arg(inner.clone()), 0..5);
        let callee = prop_oneof![
            name().prop_map(|n| expr(ExprKind::Name(n.node))),
            (name(), name()).prop_map(|(of, m)| expr(ExprKind::Member(Box::new(expr(ExprKind::Name(of.node))), m))),
        ];
        let call = (callee, args()).prop_map(|(of, args)| expr(ExprKind::Call(Box::new(of), args)));
        let call = call.boxed();
        prop_oneof![
            (inner.clone(), name()).prop_filter_map("parts", |(of, m)| {
                (!is_leaf(&of)).then(|| expr(ExprKind::Member(Box::new(of), m)))
            }),
            (inner.clone(), args()).prop_filter_map("parts", |(of, args)| {
                (!is_leaf(&of)).then(|| expr(ExprKind::Select(Box::new(of), args)))
            }),
            call.clone(),
            prop::collection::vec(inner.clone(), 0..8).prop_map(|items| expr(ExprKind::List(items))),
            prop::collection::vec(inner.clone(), 2..5).prop_map(|layers| {
                let flat = layers.into_iter().flat_map(|layer| match layer.kind {
                    ExprKind::Chain(inner) => inner,
                    _ => vec![layer],
                });
                expr(ExprKind::Chain(flat.collect()))
            }),
            (
                prop_oneof![call, name().prop_map(|n| expr(ExprKind::Name(n.node)))],
                prop::collection::vec(entry(inner.clone()), 0..4)
            )
                .prop_map(|(head, entries)| expr(ExprKind::Body(Box::new(head), entries))),
            inner.clone().prop_map(|of| expr(ExprKind::Negate(Box::new(of)))),
            (
                inner.clone(),
                sign(&[Operator::Add, Operator::Subtract, Operator::Multiply, Operator::Divide, Operator::Power]),
                inner.clone()
            )
                .prop_map(|(a, sign, b)| expr(ExprKind::Arithmetic(Box::new(a), sign, Box::new(b)))),
            (
                inner.clone(),
                sign(&[Comparison::Less, Comparison::GreaterEqual, Comparison::Equal, Comparison::NotEqual]),
                inner.clone()
            )
                .prop_filter_map("no chain", |(a, sign, b)| {
                    let plain = |e: &Expr| !matches!(e.kind, ExprKind::Compare(..));
                    (plain(&a) && plain(&b)).then(|| expr(ExprKind::Compare(Box::new(a), sign, Box::new(b))))
                }),
            (inner, name()).prop_filter_map("one name", |(of, name)| {
                (!matches!(of.kind, ExprKind::As(..))).then(|| expr(ExprKind::As(Box::new(of), name)))
            }),
        ]
    });
    tree.boxed()
}

fn file() -> impl Strategy<Value = File> {
    // A line of blanks is an empty one, as the parser has it.
    let prose = "([a-z$ #{]{0,20}\n?){0,3}".prop_map(|text| {
        let lines: Vec<&str> = text.trim().lines().map(|line| if line.trim().is_empty() { "" } else { line }).collect();
        lines.join("\n")
    });
    let item = prop_oneof![
        prose.prop_map(|text| Item::Prose(Spanned { node: text, span: Span::default() })),
        (prop::collection::vec(name(), 1..4), "[a-z\"\\\\/. ]{0,9}").prop_map(|(names, path)| {
            let path = Spanned { node: path, span: Span::default() };
            Item::Use(Use { names, path, file: None, span: Span::default() })
        }),
        (name(), value()).prop_map(|(name, value)| Item::Let(Let { name, value, span: Span::default() })),
        (name(), prop::collection::vec(leaf(), 0..3), prop::collection::vec(entry(value()), 0..8))
            .prop_map(|(kind, head, entries)| Item::Block(block(kind, head, entries))),
    ];
    prop::collection::vec(item, 0..6).prop_map(|items| File { items, ..File::default() })
}

proptest! {
    // Another seed in every run; what fails is kept in proptest-regressions/ and tried first from then on.
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn printed_trees_parse_to_themselves_and_settle(file in file()) {
        let text = print(&file, "");
        let again = parsed(&text);
        prop_assert!(same(&file, &again), "{text}\n{again:#?}");
        formatted(&text);
    }

    #[test]
    fn comments_and_line_ends_anywhere_are_kept(
        file in file(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![" # c\n", "\n", "\n\n", "\n# d\n\n", "  "])), 0..6),
    ) {
        let mut text = print(&file, "");
        for (at, piece) in cuts {
            // Where the text can be read differently, or no longer, the comment says nothing about the formatter.
            let at = text.floor_char_boundary(at.index(text.len() + 1));
            let mut new = text.clone();
            new.insert_str(at, piece);
            if format(&new).is_ok() {
                text = new;
            }
        }
        let (before, _) = parse(&Sources::single("t", text.as_str()), 0);
        let once = formatted(&text);
        let after = parsed(&once);
        prop_assert!(same(&before, &after), "{}\n->\n{}", text, once);
        let comments = |file: &File| {
            let mut texts: Vec<String> = file.comments.iter().map(|c| c.node.clone()).collect();
            texts.sort();
            texts
        };
        prop_assert_eq!(comments(&before), comments(&after));
    }
}

#[test]
fn lines_stay_within_the_width_where_they_can_be_broken() {
    let once = formatted(include_str!("untidy.exp"));
    for line in once.lines().filter(|line| !line.contains('#') && !line.contains('"')) {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
}
