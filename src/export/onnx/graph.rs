//! A graph while its nodes are put together.

use super::message::Message;

/// The types of tensors, as `TensorProto.DataType` numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Float = 1,
    Int64 = 7,
    Text = 8,
    Double = 11,
}

/// An attribute of a node.
#[derive(Clone, Debug)]
pub(super) enum Attribute {
    Float(f64),
    Int(i64),
    Ints(Vec<i64>),
    Texts(Vec<String>),
    Text(String),
}

/// Nodes, constants, inputs and outputs.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    /// For names that nothing else has.
    count: usize,
}

impl Graph {
    /// A node of one output, whose name comes back.
    pub fn node(&mut self, kind: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> String {
        self.node_of("", kind, inputs, attributes)
    }

    /// A node of the operators of a domain.
    pub fn node_of(&mut self, domain: &str, kind: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> String {
        let output = self.fresh(kind);
        self.push(domain, kind, inputs, &output, attributes);
        output
    }

    /// A node whose output has this name.
    pub fn named(&mut self, kind: &str, inputs: &[&str], output: &str) {
        self.push("", kind, inputs, output, &[]);
    }

    fn push(&mut self, domain: &str, kind: &str, inputs: &[&str], output: &str, attributes: &[(&str, Attribute)]) {
        // NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain.
        let node = Message::new()
            .each(inputs, |node, input| node.bytes(1, input.as_bytes()))
            .bytes(2, output.as_bytes())
            .bytes(3, format!("make_{output}").as_bytes())
            .bytes(4, kind.as_bytes())
            .each(attributes, |node, (name, attribute)| node.message(5, &written(name, attribute)));
        self.nodes.push(if domain.is_empty() { node } else { node.bytes(7, domain.as_bytes()) });
    }

    /// A constant of 32-bit floats, under a name of its own if it has one.
    pub fn floats(&mut self, name: Option<&str>, sides: &[usize], values: impl Iterator<Item = f64>) -> String {
        let raw: Vec<u8> = values.flat_map(|v| (v as f32).to_le_bytes()).collect();
        self.constant(name, Type::Float, sides, &raw)
    }

    /// A constant of 64-bit floats.
    pub fn doubles(&mut self, sides: &[usize], values: impl Iterator<Item = f64>) -> String {
        let raw: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
        self.constant(None, Type::Double, sides, &raw)
    }

    /// A constant list of whole numbers.
    pub fn ints(&mut self, values: &[i64]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(None, Type::Int64, &[values.len()], &raw)
    }

    fn constant(&mut self, name: Option<&str>, of: Type, sides: &[usize], raw: &[u8]) -> String {
        let name = name.map_or_else(|| self.fresh("constant"), str::to_string);
        // TensorProto: 1 dims, 2 data_type, 8 name, 9 raw_data.
        let tensor = Message::new()
            .each(sides, |tensor, &side| tensor.int(1, side as i64))
            .int(2, of as i64)
            .bytes(8, name.as_bytes())
            .bytes(9, raw);
        self.constants.push(tensor);
        name
    }

    /// An input of rows, each of this shape.
    pub fn input(&mut self, name: &str, of: Type, sides: &[usize]) -> String {
        self.inputs.push(value(name, of, sides));
        name.to_string()
    }

    /// An output of rows, each of this shape.
    pub fn output(&mut self, name: &str, of: Type, sides: &[usize]) {
        self.outputs.push(value(name, of, sides));
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.count += 1;
        // Columns and tensors of a model have no such names.
        format!("{}#{}", stem.to_lowercase(), self.count)
    }

    /// The model: GraphProto in ModelProto.
    pub fn model(self, about: &[(&str, String)]) -> Vec<u8> {
        // GraphProto: 1 node, 2 name, 5 initializer, 11 input, 12 output.
        let graph = Message::new()
            .each(&self.nodes, |graph, node| graph.message(1, node))
            .bytes(2, b"network")
            .each(&self.constants, |graph, tensor| graph.message(5, tensor))
            .each(&self.inputs, |graph, input| graph.message(11, input))
            .each(&self.outputs, |graph, output| graph.message(12, output));
        // OperatorSetIdProto: 1 domain, 2 version.
        let set = |domain: &str, version: i64| Message::new().bytes(1, domain.as_bytes()).int(2, version);
        // ModelProto: 1 ir_version, 2 producer_name, 3 producer_version, 7 graph, 8 opset_import, 14 metadata_props.
        Message::new()
            .int(1, 8)
            .bytes(2, b"caviar")
            .bytes(3, env!("CARGO_PKG_VERSION").as_bytes())
            .message(7, &graph)
            .message(8, &set("", 17))
            .message(8, &set(super::ML, 3))
            .each(about, |model, (key, value)| {
                model.message(14, &Message::new().bytes(1, key.as_bytes()).bytes(2, value.as_bytes()))
            })
            .finish()
    }
}

/// AttributeProto: 1 name, 2 f, 3 i, 4 s, 8 ints, 9 strings, 20 type.
fn written(name: &str, attribute: &Attribute) -> Message {
    let start = Message::new().bytes(1, name.as_bytes());
    match attribute {
        Attribute::Float(x) => start.float(2, *x as f32).int(20, 1),
        Attribute::Int(n) => start.int(3, *n).int(20, 2),
        Attribute::Text(text) => start.bytes(4, text.as_bytes()).int(20, 3),
        Attribute::Ints(values) => start.each(values, |message, &n| message.int(8, n)).int(20, 7),
        Attribute::Texts(texts) => start.each(texts, |message, text| message.bytes(9, text.as_bytes())).int(20, 8),
    }
}

/// ValueInfoProto: 1 name, 2 type; TypeProto: 1 tensor_type; its 1 elem_type, 2 shape; TensorShapeProto: 1 dim; its 1 dim_value, 2 dim_param.
fn value(name: &str, of: Type, sides: &[usize]) -> Message {
    let shape = Message::new()
        .message(1, &Message::new().bytes(2, b"rows"))
        .each(sides, |shape, &side| shape.message(1, &Message::new().int(1, side as i64)));
    let tensor = Message::new().int(1, of as i64).message(2, &shape);
    Message::new().bytes(1, name.as_bytes()).message(2, &Message::new().message(1, &tensor))
}
