//! The layout of values: on one line where they fit, else broken at commas, `->` and operators.

use std::ops::Range;

use super::super::tree::{Arg, Comparison, Entry, Expr, ExprKind, Operator};
use super::lines::{self, Element, Line, Trailing, column_after, width};
use super::{Printer, STEP, WIDTH};

/// How tightly kinds of value bind; a value in a place that wants tighter gets parentheses.
const COMPARE: u8 = 1;
const CHAIN: u8 = 2;
const SUM: u8 = 3;
const PRODUCT: u8 = 4;
const NEGATE: u8 = 5;
const POWER: u8 = 6;
const POSTFIX: u8 = 7;

/// A chain's last layer is broken behind the others if these take no more columns.
const SHORT_CHAIN: usize = 40;

/// Where a value is to stand.
#[derive(Clone, Copy)]
struct Place {
    /// Indentation of the line that it begins on.
    indent: usize,
    /// Column that it begins at.
    column: usize,
    /// Columns needed behind it.
    tail: usize,
}

impl Place {
    fn after(self, text: &str) -> Place {
        Place { column: column_after(text, self.column), ..self }
    }

    fn before(self, columns: usize) -> Place {
        Place { tail: self.tail + columns, ..self }
    }
}

/// A text as it is written.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out + "\""
}

fn binding(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Compare(..) => COMPARE,
        ExprKind::Chain(_) => CHAIN,
        ExprKind::Arithmetic(_, sign, _) => operator_binding(sign.node),
        ExprKind::Negate(_) => NEGATE,
        _ => POSTFIX,
    }
}

fn operator_binding(operator: Operator) -> u8 {
    match operator {
        Operator::Add | Operator::Subtract => SUM,
        Operator::Multiply | Operator::Divide => PRODUCT,
        Operator::Power => POWER,
    }
}

fn operator_sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Power => "^",
    }
}

fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
    }
}

/// What the operands of an operator must bind at least: left, right.
fn operand_bindings(operator: Operator) -> (u8, u8) {
    match operator {
        Operator::Add | Operator::Subtract => (SUM, PRODUCT),
        Operator::Multiply | Operator::Divide => (PRODUCT, NEGATE),
        // `2 ^ -3` and `2 ^ 3 ^ 2` need no parentheses.
        Operator::Power => (POSTFIX, NEGATE),
    }
}

impl Printer<'_> {
    /// A value that begins at a column of a line with that indentation.
    pub(super) fn value(&mut self, expr: &Expr, indent: usize, column: usize) -> String {
        self.laid_out(expr, Place { indent, column, tail: 0 }, 0)
    }

    /// A value on one line; `None` if a body in it was written on several.
    pub(super) fn flat(&self, expr: &Expr, least: u8) -> Option<String> {
        let text = match &expr.kind {
            ExprKind::Number(n) => self.as_written(expr).unwrap_or_else(|| n.to_string()),
            ExprKind::Duration(n) => self.as_written(expr).unwrap_or_else(|| format!("{n}s")),
            ExprKind::Text(text) => quoted(text),
            ExprKind::Name(name) => name.clone(),
            ExprKind::Member(of, name) => format!("{}.{}", self.flat(of, POSTFIX)?, name.node),
            ExprKind::As(of, name) => format!("{} as {}", self.flat(of, POSTFIX)?, name.node),
            ExprKind::Call(of, args) => format!("{}({})", self.flat(of, POSTFIX)?, self.flat_args(args)?),
            ExprKind::Select(of, args) => format!("{}[{}]", self.flat(of, POSTFIX)?, self.flat_args(args)?),
            ExprKind::List(items) => format!("[{}]", self.flat_all(items, 0)?.join(", ")),
            ExprKind::Chain(layers) => self.flat_all(layers, SUM)?.join(" -> "),
            ExprKind::Body(of, entries) => {
                let body = self.flat_braces(entries, self.braces_of(expr, of))?;
                format!("{} {body}", self.flat(of, POSTFIX)?)
            }
            ExprKind::Negate(of) => format!("-{}", self.flat(of, NEGATE)?),
            ExprKind::Arithmetic(a, sign, b) => {
                let (left, right) = operand_bindings(sign.node);
                format!("{} {} {}", self.flat(a, left)?, operator_sign(sign.node), self.flat(b, right)?)
            }
            ExprKind::Compare(a, sign, b) => {
                format!("{} {} {}", self.flat(a, CHAIN)?, comparison_sign(sign.node), self.flat(b, CHAIN)?)
            }
        };
        Some(if binding(expr) < least { format!("({text})") } else { text })
    }

    fn flat_all(&self, items: &[Expr], least: u8) -> Option<Vec<String>> {
        items.iter().map(|item| self.flat(item, least)).collect()
    }

    fn flat_args(&self, args: &[Arg]) -> Option<String> {
        Some(args.iter().map(|arg| self.flat_arg(arg, 0)).collect::<Option<Vec<_>>>()?.join(", "))
    }

    fn flat_arg(&self, arg: &Arg, name_width: usize) -> Option<String> {
        Some(format!("{}{}", arg_lead(arg, name_width), self.flat(&arg.value, 0)?))
    }

    /// A number as it stands in the source.
    fn as_written(&self, expr: &Expr) -> Option<String> {
        let text = self.source.get(expr.span.range())?;
        // Parentheses belong to the place of what they hold.
        let text = text.trim_matches(|c: char| c == '(' || c == ')' || c.is_whitespace());
        (text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._%+-".contains(c)))
        .then(|| text.to_string())
    }

    /// Where the braces of a value with a body stand.
    fn braces_of(&self, expr: &Expr, head: &Expr) -> Range<usize> {
        let (from, to) = (head.span.end as usize, expr.span.end as usize);
        let brace = self.source.get(from..to).and_then(|gap| gap.find('{')).map_or(from, |n| from + n);
        // Of `(residual { … })` the closing parenthesis is part of the place.
        let end = self.source.get(brace..to).and_then(|body| body.rfind('}')).map_or(to, |n| brace + n + 1);
        brace..end
    }

    fn laid_out(&mut self, expr: &Expr, place: Place, least: u8) -> String {
        if let Some(flat) = self.flat(expr, least)
            && place.column + width(&flat) + place.tail <= WIDTH
            && !self.has_comments(expr.span.range())
        {
            return flat;
        }
        if binding(expr) < least {
            let inner = self.laid_out(expr, place.after("(").before(1), 0);
            return format!("({inner})");
        }
        match &expr.kind {
            ExprKind::Member(of, name) => {
                let base = self.laid_out(of, place.before(1 + width(&name.node)), POSTFIX);
                format!("{base}.{}", name.node)
            }
            ExprKind::As(of, name) => {
                let base = self.laid_out(of, place.before(4 + width(&name.node)), POSTFIX);
                format!("{base} as {}", name.node)
            }
            ExprKind::Negate(of) => format!("-{}", self.laid_out(of, place.after("-"), NEGATE)),
            ExprKind::Call(of, args) => {
                let base = self.laid_out(of, place.before(1), POSTFIX);
                let inside = of.span.end as usize..expr.span.end as usize;
                let args = self.args(args, ('(', ')'), inside, place.after(&base));
                base + &args
            }
            ExprKind::Select(of, args) => {
                let base = self.laid_out(of, place.before(1), POSTFIX);
                let inside = of.span.end as usize..expr.span.end as usize;
                let args = self.args(args, ('[', ']'), inside, place.after(&base));
                base + &args
            }
            ExprKind::List(items) => self.list(items, expr.span.range(), place),
            ExprKind::Chain(layers) => self.chain(layers, expr.span.range(), place),
            ExprKind::Body(of, entries) => self.body(expr, of, entries, place),
            ExprKind::Arithmetic(..) | ExprKind::Compare(..) => self.operators(expr, place),
            _ => self.flat(expr, least).unwrap_or_default(),
        }
    }

    fn body(&mut self, expr: &Expr, of: &Expr, entries: &[Entry], place: Place) -> String {
        let head = self.laid_out(of, place.before(2), POSTFIX) + " ";
        let range = self.braces_of(expr, of);
        let braces = self.braces(entries, range, place.indent, place.after(&head).column, place.tail);
        head + &braces
    }

    /// What stands between parentheses or brackets after a name: hanging below the first, or a line each.
    fn args(&mut self, args: &[Arg], (open, close): (char, char), inside: Range<usize>, place: Place) -> String {
        let comments = self.has_comments(inside.clone());
        if args.is_empty() && !comments {
            return format!("{open}{close}");
        }
        if let ([only], false) = (args, comments) {
            let lead = format!("{open}{}", arg_lead(only, 0));
            let value = self.laid_out(&only.value, place.after(&lead).before(1), 0);
            if value.lines().next().is_none_or(|line| place.after(&lead).column + width(line) < WIDTH) {
                return format!("{lead}{value}{close}");
            }
        }
        let names = name_width(args);
        let column = place.column + 1;
        let hanging: Option<Vec<String>> = args.iter().map(|arg| self.flat_arg(arg, names)).collect();
        if let (Some(hanging), false) = (hanging, comments || args.len() < 2)
            && hanging.iter().all(|arg| column + width(arg) + 1 + place.tail <= WIDTH)
        {
            return format!("{open}{}{close}", hanging.join(&format!(",\n{:column$}", "")));
        }
        let elements: Vec<Element> = args.iter().map(|arg| Element { range: arg_range(arg) }).collect();
        let indent = place.indent + STEP;
        self.a_line_each(&elements, (open, close), inside, place.indent, |printer, n| {
            let lead = arg_lead(&args[n], names);
            let place = Place { indent, column: indent + width(&lead), tail: 1 };
            let value = printer.laid_out(&args[n].value, place, 0);
            lead + &value
        })
    }

    fn a_line_each(
        &mut self,
        elements: &[Element],
        (open, close): (char, char),
        inside: Range<usize>,
        indent: usize,
        mut print: impl FnMut(&mut Self, usize) -> String,
    ) -> String {
        let mut lines = self.lines(elements, inside, |printer, n| print(printer, n) + ",");
        if let Some(line) = lines.first_mut() {
            line.blank = false;
        }
        format!("{open}\n{}\n{:indent$}{close}", lines::join(&lines, indent + STEP), "")
    }

    fn list(&mut self, items: &[Expr], range: Range<usize>, place: Place) -> String {
        let indent = place.indent + STEP;
        let short = |item: &Expr| {
            matches!(
                &item.kind,
                ExprKind::Number(_)
                    | ExprKind::Duration(_)
                    | ExprKind::Name(_)
                    | ExprKind::Text(_)
                    | ExprKind::Negate(_)
            )
        };
        if items.is_empty() && !self.has_comments(range.clone()) {
            return "[]".to_string();
        }
        if items.iter().all(short) && !self.has_comments(range.clone()) {
            // Numbers and names fill the lines.
            let mut rows = vec![String::new()];
            for item in items {
                let text = self.flat(item, 0).unwrap_or_default() + ",";
                let row = rows.len() - 1;
                if !rows[row].is_empty() && indent + width(&rows[row]) + 1 + width(&text) > WIDTH {
                    rows.push(text);
                } else {
                    if !rows[row].is_empty() {
                        rows[row].push(' ');
                    }
                    rows[row].push_str(&text);
                }
            }
            let close = place.indent;
            return format!("[\n{:indent$}{}\n{:close$}]", "", rows.join(&format!("\n{:indent$}", "")), "");
        }
        let elements: Vec<Element> = items.iter().map(|item| Element { range: item.span.range() }).collect();
        self.a_line_each(&elements, ('[', ']'), range, place.indent, |printer, n| {
            printer.laid_out(&items[n], Place { indent, column: indent, tail: 1 }, 0)
        })
    }

    fn chain(&mut self, layers: &[Expr], range: Range<usize>, place: Place) -> String {
        let Some((last, before)) = layers.split_last() else { return String::new() };
        if !self.comments_between(layers) {
            // Layers with bodies on several lines are joined by `} -> …`.
            if let Some(text) = self.chain_of_bodies(layers, place) {
                return text;
            }
            let wide = matches!(inner(last).kind, ExprKind::Call(_, ref args) if args.len() > 1);
            if let (Some(lead), true) = (self.flat_all(before, SUM), wide) {
                let lead = lead.join(" -> ") + " -> ";
                if width(&lead) <= SHORT_CHAIN && !self.has_comments(range.clone()) {
                    let tail = self.laid_out(last, place.after(&lead), SUM);
                    let hangs = !tail.contains("(\n") && tail.lines().all(|line| width(line) <= WIDTH);
                    if hangs && place.after(&lead).column + tail.lines().next().map_or(0, width) <= WIDTH {
                        return lead + &tail;
                    }
                }
            }
        }
        let indent = place.indent + STEP;
        // Comments inside of the first layer that find no place there go above the whole entry.
        let text = self.laid_out(&layers[0], Place { tail: 0, ..place }, SUM);
        let at = layers[0].span.end as usize;
        let trailing = self.trailing(at, layers[1].span.start as usize).map(|text| Trailing { text });
        let mut rows = vec![Line { text, trailing, ..Line::default() }];
        let elements: Vec<Element> = layers[1..].iter().map(|layer| Element { range: layer.span.range() }).collect();
        // What stands behind the last layer, before a parenthesis, goes above the whole: here it would hide what follows.
        rows.extend(self.lines(&elements, at..last.span.end as usize, |printer, n| {
            let tail = if n + 2 == layers.len() { place.tail } else { 0 };
            let place = Place { indent, column: indent + 3, tail };
            format!("-> {}", printer.laid_out(&layers[n + 1], place, SUM))
        }));
        rows.iter_mut().for_each(|row| row.blank = false);
        let text = lines::join(&rows, indent);
        text[indent.min(text.len())..].to_string()
    }

    fn comments_between(&self, layers: &[Expr]) -> bool {
        layers.windows(2).any(|pair| self.has_comments(pair[0].span.end as usize..pair[1].span.start as usize))
    }

    fn chain_of_bodies(&mut self, layers: &[Expr], place: Place) -> Option<String> {
        if !layers
            .iter()
            .any(|layer| self.flat(layer, SUM).is_none() && matches!(inner(layer).kind, ExprKind::Body(..)))
        {
            return None;
        }
        let fits = |text: &str| text.lines().all(|line| width(line) <= WIDTH);
        let used: Vec<bool> = self.comments.iter().map(|c| c.used).collect();
        let mut text = String::new();
        for (n, layer) in layers.iter().enumerate() {
            if n > 0 {
                text.push_str(" -> ");
            }
            let here = Place {
                column: column_after(&text, place.column),
                tail: if n + 1 == layers.len() { place.tail } else { 3 },
                ..place
            };
            let part = self.laid_out(layer, here, SUM);
            text.push_str(&part);
        }
        if fits(&format!("{:1$}{text}", "", place.column)) {
            return Some(text);
        }
        self.comments.iter_mut().zip(used).for_each(|(comment, used)| comment.used = used);
        None
    }

    /// Operators of the same rank, each at the beginning of a line.
    fn operators(&mut self, expr: &Expr, place: Place) -> String {
        let mut operands: Vec<(&str, &Expr, u8)> = Vec::new();
        let mut at = expr;
        loop {
            match &at.kind {
                ExprKind::Arithmetic(a, sign, b) if operands.is_empty() || binding(at) == binding(expr) => {
                    let (left, right) = operand_bindings(sign.node);
                    operands.push((operator_sign(sign.node), b, right));
                    at = a;
                    if sign.node == Operator::Power || binding(at) != binding(expr) {
                        operands.push(("", at, left));
                        break;
                    }
                }
                ExprKind::Compare(a, sign, b) => {
                    operands.push((comparison_sign(sign.node), b, CHAIN));
                    operands.push(("", a, CHAIN));
                    break;
                }
                _ => {
                    operands.push(("", at, binding(expr)));
                    break;
                }
            }
        }
        let indent = place.indent + STEP;
        let mut text = String::new();
        let count = operands.len();
        for (n, (sign, operand, least)) in operands.into_iter().rev().enumerate() {
            if n == 0 {
                text = self.laid_out(operand, Place { indent, tail: 0, ..place }, least);
                continue;
            }
            let lead = format!("{sign} ");
            let tail = if n + 1 == count { place.tail } else { 0 };
            let part = self.laid_out(operand, Place { indent, column: indent + width(&lead), tail }, least);
            text.push_str(&format!("\n{:indent$}{lead}{part}", ""));
        }
        text
    }
}

/// Whether a value is printed with a minus first, where it must bind at least so tightly.
pub(super) fn begins_with_minus(expr: &Expr, least: u8) -> bool {
    binding(expr) >= least
        && match &expr.kind {
            ExprKind::Negate(_) => true,
            ExprKind::Arithmetic(a, sign, _) => begins_with_minus(a, operand_bindings(sign.node).0),
            ExprKind::Compare(a, ..) => begins_with_minus(a, CHAIN),
            ExprKind::Chain(layers) => layers.first().is_some_and(|layer| begins_with_minus(layer, SUM)),
            _ => false,
        }
}

/// The value without the name that `as` gives it.
fn inner(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::As(of, _) => inner(of),
        _ => expr,
    }
}

/// The name of an argument with its `=`, the name padded.
fn arg_lead(arg: &Arg, name_width: usize) -> String {
    match &arg.name {
        Some(name) => {
            let pad = name_width.saturating_sub(width(&name.node));
            format!("{}{:pad$} = ", name.node, "")
        }
        None => String::new(),
    }
}

/// The width to pad names to when each argument has a line: all must have one.
fn name_width(args: &[Arg]) -> usize {
    let names: Option<Vec<usize>> = args.iter().map(|arg| arg.name.as_ref().map(|name| width(&name.node))).collect();
    names.map_or(0, |names| lines::aligned(&names))
}

fn arg_range(arg: &Arg) -> Range<usize> {
    arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span)).range()
}
