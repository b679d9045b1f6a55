use super::super::tree::{Entry, Expr, ExprKind, File, Item};
use super::{FLAGSHIP, parsed, right};
use crate::source::Sources;

/// A value with all its parentheses.
fn show(expr: &Expr) -> String {
    let args = |args: &[super::super::tree::Arg]| {
        let shown = args.iter().map(|arg| match &arg.name {
            Some(name) => format!("{}={}", name.node, show(&arg.value)),
            None => show(&arg.value),
        });
        shown.collect::<Vec<_>>().join(",")
    };
    let list = |items: &[Expr], joint: &str| items.iter().map(show).collect::<Vec<_>>().join(joint);
    match &expr.kind {
        ExprKind::Number(n) => n.to_string(),
        ExprKind::Duration(n) => format!("{n}s"),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Member(of, name) => format!("{}.{}", show(of), name.node),
        ExprKind::Call(callee, a) => format!("{}({})", show(callee), args(a)),
        ExprKind::Select(of, a) => format!("{}[{}]", show(of), args(a)),
        ExprKind::List(items) => format!("[{}]", list(items, ",")),
        ExprKind::Chain(layers) => format!("<{}>", list(layers, "->")),
        ExprKind::Body(head, inside) => format!("{}{{{}}}", show(head), entries(inside)),
        ExprKind::Negate(of) => format!("(-{})", show(of)),
        ExprKind::Arithmetic(a, sign, b) => format!("({} {:?} {})", show(a), sign.node, show(b)),
        ExprKind::Compare(a, sign, b) => format!("({} {:?} {})", show(a), sign.node, show(b)),
        ExprKind::As(of, name) => format!("({} as {})", show(of), name.node),
    }
}

fn entries(entries: &[Entry]) -> String {
    let shown = entries.iter().map(|entry| match entry {
        Entry::Field(field) => format!("{}={}", field.key.node, show(&field.value)),
        Entry::Value(value) => show(value),
        Entry::Block(block) => {
            let head: Vec<String> = block.head.iter().map(show).collect();
            format!("{} {}{{{}}}", block.kind.node, head.join(" "), entries_of(block))
        }
    });
    shown.collect::<Vec<_>>().join("; ")
}

fn entries_of(block: &super::super::tree::Block) -> String {
    entries(&block.entries)
}

fn value(text: &str) -> String {
    let file = right(&format!("let x = {text}"));
    match &file.items[..] {
        [Item::Let(found)] => show(&found.value),
        other => panic!("{other:?}"),
    }
}

fn block(text: &str) -> String {
    let file = right(text);
    match &file.items[..] {
        [Item::Block(block)] => entries_of(block),
        other => panic!("{other:?}"),
    }
}

#[test]
fn operators_bind_in_order() {
    assert_eq!(value("1 + 2 * 3 - 4"), "((1 Add (2 Multiply 3)) Subtract 4)");
    assert_eq!(value("-2 ^ 2"), "(-(2 Power 2))");
    assert_eq!(value("2 ^ -3 ^ 2 * 4"), "((2 Power (-(3 Power 2))) Multiply 4)");
    assert_eq!(value("2 ^ 3 ^ 2"), "(2 Power (3 Power 2))");
    assert_eq!(value("a * -b"), "(a Multiply (-b))");
    assert_eq!(value("-a * b - -c"), "(((-a) Multiply b) Subtract (-c))");
    assert_eq!(value("a -> b + 1 -> c < d"), "(<a->(b Add 1)->c> Less d)");
    assert_eq!(value("(a -> b) -> c"), "<a->b->c>");
    assert_eq!(value("(1 + 2) * 3"), "((1 Add 2) Multiply 3)");
    assert_eq!(value("1 - log(1e-3, 1e-1) as beta"), "(1 Subtract (log(0.001,0.1) as beta))");
    assert_eq!(value("(1 - r) as beta"), "((1 Subtract r) as beta)");
    assert_eq!(value("a->b"), "<a->b>");
    assert_eq!(value("3-2"), "(3 Subtract 2)");
}

#[test]
fn literals_have_their_values() {
    assert_eq!(
        value("[60_000, 1e-4, 0.5, 80%, 70%, 12.5%, 0.1%, 2.5e1%]"),
        "[60000,0.0001,0.5,0.8,0.7,0.125,0.001,0.25]"
    );
    assert_eq!(value("[30s, 5min, 2h, 1.5h]"), "[30s,300s,7200s,5400s]");
    assert_eq!(value(r#""a \"b\" \\ # c""#), r#""a \"b\" \\ # c""#);
    assert_eq!(value("\"\""), "\"\"");
}

#[test]
fn what_follows_a_name() {
    assert_eq!(value("placement[norm = before].best(dev.accuracy)"), "placement[norm=before].best(dev.accuracy)");
    assert_eq!(value("f(a = 1, b, c == 2,)"), "f(a=1,b,(c Equal 2))");
    assert_eq!(
        value("repeat(3) { dense(64) -> relu\n relu } -> softmax"),
        "<repeat(3){<dense(64)->relu>; relu}->softmax>"
    );
    assert_eq!(value("choice(a, b) as norm -> relu"), "<(choice(a,b) as norm)->relu>");
}

#[test]
fn line_ends_separate_only_where_they_mean_something() {
    assert_eq!(value("a\n  -> b # and\n\n  # then\n  -> c"), "<a->b->c>");
    assert_eq!(value("a ->\n b"), "<a->b>");
    assert_eq!(value("f(\n a = 1,\n b = [\n1,\n2\n],\n)"), "f(a=1,b=[1,2])");
    assert_eq!(value("choice(x\n=\n1)"), "choice(x=1)");
    assert_eq!(block("claim \"c\" {\n a.b\n < c.d\n within = 1, tests = 2\n}"), "(a.b Less c.d); within=1; tests=2");
    assert_eq!(
        block("n x { residual { relu } -> relu\n residual { elu }\n }"),
        "<residual{relu}->relu>; residual{elu}"
    );
    assert_eq!(block("e x { at epoch 12 { rate = 0.1 }, a = 1,\n }"), "at epoch 12{rate=0.1}; a=1");
    assert_eq!(block("e x\n{\r\n a = f(g {\n b\n c\n})\r\n}\r\n"), "a=f(g{b; c})");
    assert_eq!(block("e x {}"), "");
}

#[test]
fn the_flagship_and_every_construct_parse() {
    let file = right(FLAGSHIP);
    assert_eq!(file.items.len(), 14);
    assert_eq!(file.comments.len(), 5);
    let Item::Prose(prose) = &file.items[0] else { panic!() };
    assert!(prose.node.starts_with("# Where does batch norm go?\n\nThe notes"), "{}", prose.node);
    assert!(prose.node.ends_with("redundant?"));
}

#[test]
fn an_empty_file_is_no_syntax_error() {
    for text in ["", "\n\n", "# only a comment", "\u{feff}", "   \t"] {
        assert_eq!(right(text).items, []);
    }
}

#[test]
fn spans_cover_what_they_are_of() {
    let text = "let µ = (a + b) * 数 # c\ntable \"t\" { of = µ }\n";
    let sources = Sources::single("t", text);
    let (file, _) = parsed(text);
    let Item::Let(found) = &file.items[0] else { panic!() };
    assert_eq!(sources.text(found.span), "let µ = (a + b) * 数");
    assert_eq!(sources.text(found.value.span), "(a + b) * 数");
    let ExprKind::Arithmetic(left, sign, _) = &found.value.kind else { panic!() };
    assert_eq!(sources.text(left.span), "(a + b)");
    assert_eq!(sources.text(sign.span), "*");
    let Item::Block(block) = &file.items[1] else { panic!() };
    assert_eq!(sources.text(block.span), "table \"t\" { of = µ }");
    assert_eq!(sources.text(block.body), "{ of = µ }");
    assert_eq!(sources.text(file.comments[0].span), "# c");
}

#[test]
fn imports() {
    let file = right("use mlp, digits from \"common.exp\"");
    let Item::Use(found) = &file.items[0] else { panic!() };
    assert_eq!(found.names.iter().map(|n| n.node.as_str()).collect::<Vec<_>>(), ["mlp", "digits"]);
    assert_eq!(found.path.node, "common.exp");
}

fn load(files: &[(&str, &str)]) -> (Sources, Vec<File>, Vec<String>) {
    let (sources, trees, mistakes) = super::super::load(std::path::Path::new(files[0].0), &mut |path| {
        let found = files.iter().find(|(name, _)| std::path::Path::new(name) == path);
        found
            .map(|(name, text)| crate::source::Source::new(*name, *text))
            .ok_or_else(|| crate::source::ReadError::Io(std::io::ErrorKind::NotFound.into()))
    });
    (sources, trees, mistakes.into_iter().map(|m| format!("{} {}", m.code, m.message)).collect())
}

#[test]
fn imports_are_read_once_relative_to_their_file() {
    let (sources, files, mistakes) = load(&[
        ("n/a.exp", "use x from \"lib/b.exp\"\nuse y from \"lib/c.exp\""),
        ("n/lib/b.exp", "use y from \"c.exp\"\nlet x = y"),
        ("n/lib/c.exp", "let y = 1"),
    ]);
    assert_eq!(mistakes, [] as [&str; 0]);
    assert_eq!(sources.files().len(), 3);
    let Item::Use(found) = &files[1].items[0] else { panic!() };
    assert_eq!(found.file, Some(2));
}

#[test]
fn missing_and_circular_imports_are_reported() {
    let (_, _, mistakes) =
        load(&[("a.exp", "use x from \"b.exp\""), ("b.exp", "use y from \"a.exp\"\nuse z from \"no.exp\"")]);
    assert_eq!(
        mistakes,
        ["E0004 cannot import \"no.exp\": there is no such file", "E0005 files import each other in a circle"]
    );
    let (sources, files, mistakes) =
        super::super::load(std::path::Path::new("no.exp"), &mut |path| crate::source::read(path));
    assert_eq!((sources.files().len(), files.len(), mistakes[0].code), (1, 1, "E0001"));
}
