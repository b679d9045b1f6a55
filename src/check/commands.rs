//! Programs that are trained instead of a network.

use crate::diagnostic::Diagnostic;
use crate::plan::value::Value;
use crate::vocabulary;

use super::bases::Draft;
use super::checker::Checker;
use super::suggest;

impl<'a> Checker<'a> {
    /// Every `{name}` of a command line is an entry, and every entry is in it.
    pub fn placeholders(&mut self, draft: &Draft<'a>) {
        let Some(given) = draft.fields.iter().find(|g| g.field.key.node == "run").copied() else { return };
        let Some(line) = draft.template.get("run").and_then(|value| match value {
            Value::Call { args, .. } => args.iter().find_map(|(key, value)| match value {
                Value::Text(text) if key == "line" => Some(text.clone()),
                _ => None,
            }),
            _ => None,
        }) else {
            return;
        };
        if line.trim().is_empty() {
            self.findings.push(Diagnostic::error("E0302", "this command is empty", given.field.value.span));
            return;
        }
        let mut named: Vec<String> = Vec::new();
        let mut rest = line.as_str();
        while let Some(open) = rest.find('{') {
            let after = &rest[open + 1..];
            let Some(close) = after.find('}') else { break };
            named.push(after[..close].trim().to_string());
            rest = &after[close + 1..];
        }
        let table = vocabulary::block("experiment");
        let entries: Vec<&str> = draft
            .fields
            .iter()
            .map(|g| g.field.key.node.as_str())
            .filter(|key| table.is_none_or(|t| t.key(key).is_none()) || matches!(*key, "epochs" | "batch" | "seed"))
            .collect();
        for name in &named {
            if !entries.contains(&name.as_str())
                && !draft.template.contains_key(name.as_str())
                && !matches!(name.as_str(), "seed" | "epochs")
            {
                let mut found = Diagnostic::error(
                    "E0608",
                    format!("the command asks for `{{{name}}}`, and no entry is called that"),
                    given.field.value.span,
                );
                found = match suggest::nearest(name, entries.iter().copied()) {
                    Some(near) => found.note(format!("did you mean `{{{}}}`?", near.name)),
                    None => found.note(format!("add an entry such as `{name} = log(1e-4, 1)`")),
                };
                self.findings.push(found);
            }
        }
        for other in &draft.fields {
            let key = other.field.key.node.as_str();
            if table.is_some_and(|t| t.key(key).is_none()) && !named.iter().any(|n| n == key) {
                self.findings.push(
                    Diagnostic::warning(
                        "W0811",
                        format!("the command line does not use `{key}`"),
                        other.field.key.span,
                    )
                    .note(format!("put `{{{key}}}` where the program reads it")),
                );
            }
        }
    }
}
