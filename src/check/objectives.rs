//! What a search makes small or large.

use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::plan::experiment::Objective;
use crate::plan::metric::{Direction, Measure, Metric, MetricKind, Set};

use super::bases::Draft;
use super::checker::Checker;
use super::known::Known;
use super::shows::parts;

impl<'a> Checker<'a> {
    pub fn objectives(&mut self, draft: &Draft<'a>, own: &[Rc<Known>]) -> Vec<Objective> {
        let mut objectives = Vec::new();
        let mut places = Vec::new();
        for (key, direction) in [("minimize", Direction::Minimize), ("maximize", Direction::Maximize)] {
            let Some(given) = draft.fields.iter().find(|g| g.field.key.node == key) else { continue };
            let parts = parts(&given.field.value);
            if parts.is_empty() {
                self.findings.push(Diagnostic::error(
                    "E0606",
                    format!("`{key}` names nothing"),
                    given.field.value.span,
                ));
            }
            for part in parts {
                let Some(measure) = self.measure(part, own) else { continue };
                match &measure {
                    Measure::Setting(name) => {
                        let message = format!("`{name}` is a setting: a search is about what comes of the settings");
                        self.findings.push(Diagnostic::error("E0606", message, part.span));
                        continue;
                    }
                    Measure::Time => {
                        let message = "time differs from run to run: a search by it could not be repeated";
                        self.findings.push(
                            Diagnostic::error("E0606", message, part.span)
                                .note("`parameters` is a measure of size that stays the same"),
                        );
                        continue;
                    }
                    _ => {}
                }
                if let Some(better) = measure.direction()
                    && better != direction
                {
                    let (wrong, right) = if direction == Direction::Minimize {
                        ("minimizes", "maximize")
                    } else {
                        ("maximizes", "minimize")
                    };
                    let mut lint = Diagnostic::warning(
                        "W0812",
                        format!(
                            "this {wrong} `{measure}`, of which {} is better",
                            if right == "maximize" { "more" } else { "less" }
                        ),
                        given.field.key.span,
                    );
                    if places.is_empty() {
                        lint = lint.replace(format!("write `{right}`"), given.field.key.span, right, false);
                    }
                    self.findings.push(lint);
                }
                if let Measure::Metric(m)
                | Measure::Best(m)
                | Measure::Final(m)
                | Measure::At(m, _)
                | Measure::EpochsTo(m, _) = &measure
                    && m.set == Set::Test
                    && !own[0].space.params.is_empty()
                {
                    self.findings.push(
                        Diagnostic::warning("W0814", "the search looks at the test set", part.span)
                            .label("the best trial's test figure is then too good")
                            .note("search by `dev.…`, and show `test.…` of the best"),
                    );
                }
                objectives.push(Objective { measure, direction });
                places.push(part.span);
            }
        }
        if objectives.len() > 2 {
            self.findings.push(Diagnostic::error("E0606", "a search has one objective or two", places[2]));
        }
        if let [a, b] = objectives.as_slice()
            && a.measure == b.measure
        {
            self.findings.push(Diagnostic::error("E0606", "both objectives are the same", places[1]));
        }
        let named = draft.fields.iter().any(|g| matches!(g.field.key.node.as_str(), "minimize" | "maximize"));
        if objectives.is_empty() && !named {
            let dev = own[0].sets.is_none_or(|sets| sets[1]);
            let set = if dev { Set::Dev } else { Set::Train };
            let measure = Measure::Metric(Metric { set, kind: MetricKind::Loss });
            objectives.push(Objective { measure, direction: Direction::Minimize });
        }
        objectives
    }
}
