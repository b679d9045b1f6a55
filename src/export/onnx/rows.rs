//! From a row as the data have it to the inputs of a network: filling, one-hot coding, scaling, in 64 bits, rounded once.

use super::graph::{Attribute, Graph, Type};
use super::{ML, sides};
use crate::data::preprocessing::{Input, InputKind, Preprocessing};

/// Texts that stand for a missing value.
const MISSING: [&str; 8] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"];

/// What an unknown category becomes where missing ones are filled: no category of the data holds this character.
const UNKNOWN: &str = "\u{1}";

/// Inputs for rows and the nodes that prepare them; the name of what the network takes.
pub(super) fn preprocessing(graph: &mut Graph, fitted: &Preprocessing) -> String {
    let tabular = fitted.inputs.iter().any(|input| matches!(input.kind, InputKind::Category(_)));
    let (raw, shape) = if tabular {
        (columns(graph, &fitted.inputs), vec![fitted.shape.size()])
    } else {
        let shape = sides(fitted.shape);
        let raw = graph.input("input", Type::Double, &shape);
        (filled(graph, raw, &fitted.inputs, &shape), shape)
    };
    let mut scaled = raw;
    if !fitted.scaling.is_identity() {
        let center = graph.doubles(&shape, fitted.scaling.center.iter().copied());
        // A constant feature becomes 0.
        let spread = fitted.scaling.spread.iter().map(|&s| if s == 0.0 { f64::INFINITY } else { s });
        let spread = graph.doubles(&shape, spread);
        scaled = graph.node("Sub", &[&scaled, &center], &[]);
        scaled = graph.node("Div", &[&scaled, &spread], &[]);
    }
    let rounded = graph.node("Cast", &[&scaled], &[("to", Attribute::Int(Type::Float as i64))]);
    if !tabular {
        return rounded;
    }
    let mut sides: Vec<i64> = sides(fitted.shape).iter().map(|&side| side as i64).collect();
    sides.insert(0, -1);
    let sides = graph.ints(&sides);
    graph.node("Reshape", &[&rounded, &sides], &[])
}

/// The same with what stands in for missing numbers put in.
fn filled(graph: &mut Graph, raw: String, inputs: &[Input], shape: &[usize]) -> String {
    if inputs.iter().all(|input| input.fill.is_none()) {
        return raw;
    }
    let fill = graph.doubles(shape, inputs.iter().map(|input| input.fill.unwrap_or(f64::NAN)));
    let missing = graph.node("IsNaN", &[&raw], &[]);
    graph.node("Where", &[&missing, &fill, &raw], &[])
}

/// An input a column, side by side after coding.
fn columns(graph: &mut Graph, inputs: &[Input]) -> String {
    let mut parts = Vec::with_capacity(inputs.len());
    for input in inputs {
        let InputKind::Category(names) = &input.kind else {
            let raw = graph.input(&input.name, Type::Double, &[1]);
            parts.push(filled(graph, raw, std::slice::from_ref(input), &[1]));
            continue;
        };
        let mut text = graph.input(&input.name, Type::Text, &[1]);
        if let Some(fill) = input.fill.and_then(|code| names.get(code as usize)) {
            let keys = names.iter().map(String::as_str).chain(MISSING).map(str::to_string).collect();
            let values = names.iter().chain(std::iter::repeat_n(fill, MISSING.len())).cloned().collect();
            let attributes = [
                ("keys_strings", Attribute::Texts(keys)),
                ("values_strings", Attribute::Texts(values)),
                ("default_string", Attribute::Text(UNKNOWN.into())),
            ];
            text = graph.node_of(ML, "LabelEncoder", &[&text], &attributes);
        }
        // An unknown category is an error, not zeros.
        let attributes = [("cats_strings", Attribute::Texts(names.clone())), ("zeros", Attribute::Int(0))];
        let hot = graph.node_of(ML, "OneHotEncoder", &[&text], &attributes);
        let flat = graph.node("Flatten", &[&hot], &[("axis", Attribute::Int(1))]);
        parts.push(graph.node("Cast", &[&flat], &[("to", Attribute::Int(Type::Double as i64))]));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    graph.node("Concat", &parts, &[("axis", Attribute::Int(1))])
}
