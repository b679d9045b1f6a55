//! What trials, groups and measures are called where they are shown.

use crate::plan::metric::Measure;
use crate::plan::show::{Comparison, Draw, Filter, FilterValue, Pick, Plot, Selection, Table};
use crate::record::{Setting, Trial};

use super::figure::number::{decimals_for, short};

/// A hyperparameter's number: three significant digits, of the distance to 1 just below it.
pub fn number(v: f64) -> String {
    if v > 0.9 && v < 1.0 { short(v, decimals_for(1.0 - v) + 1) } else { short(v, 3) }
}

/// A hyperparameter's value.
pub fn setting(value: &Setting) -> String {
    match value {
        Setting::Number(v) => number(*v),
        Setting::Label(label) => label.clone(),
    }
}

/// The value that a trial has of a hyperparameter; a dash where it was not drawn.
pub fn setting_of(trial: &Trial, name: &str) -> String {
    trial.settings.get(name).map_or_else(|| "–".to_string(), setting)
}

/// A trial: its number from 1 and what it drew, in the order of names.
pub fn trial(trial: &Trial) -> String {
    let settings: Vec<String> = trial.settings.iter().map(|(n, v)| format!("{n} = {}", setting(v))).collect();
    if settings.is_empty() {
        format!("trial {}", trial.index + 1)
    } else {
        format!("trial {}: {}", trial.index + 1, settings.join(", "))
    }
}

/// A measure with its unit.
pub fn measure(measure: &Measure) -> String {
    match measure {
        Measure::Time => "time (s)".into(),
        other => other.to_string(),
    }
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessEqual => "≤",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => "≥",
        Comparison::Equal => "=",
        Comparison::NotEqual => "≠",
    }
}

/// A condition: `norm = before`.
pub fn filter(filter: &Filter) -> String {
    let value = match &filter.value {
        FilterValue::Number(v) => short(*v, 4),
        FilterValue::Label(label) => label.clone(),
    };
    format!("{} {} {value}", filter.measure, comparison(filter.comparison))
}

/// Some trials: `placement[norm = before].top(3)`.
pub fn selection(selection: &Selection) -> String {
    let mut out = selection.experiment.clone();
    if !selection.filters.is_empty() {
        out += &format!("[{}]", selection.filters.iter().map(filter).collect::<Vec<_>>().join(", "));
    }
    match selection.pick {
        Pick::All => {}
        Pick::Best => out += ".best",
        Pick::Top(n) => out += &format!(".top({n})"),
    }
    out
}

fn selections(of: &[Selection]) -> String {
    match of {
        [] => "nothing".into(),
        [one] => selection(one),
        [rest @ .., last] => {
            format!("{} and {}", rest.iter().map(selection).collect::<Vec<_>>().join(", "), selection(last))
        }
    }
}

fn by(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" by {}", names.join(" and ")) }
}

/// A table's title, made from what it shows when it has none.
pub fn table(table: &Table) -> String {
    table.title.clone().unwrap_or_else(|| match table.by.as_slice() {
        [] => format!("Trials of {}", selections(&table.of)),
        names => format!("{}{}", selections(&table.of), by(names)),
    })
}

/// A picture's title, made from what it shows when it has none.
pub fn plot(plot: &Plot) -> String {
    if let Some(title) = &plot.title {
        return title.clone();
    }
    let of = selections(&plot.of);
    let by = by(&plot.by);
    match &plot.draw {
        Draw::Curves(metrics) => {
            let metrics: Vec<String> = metrics.iter().map(ToString::to_string).collect();
            format!("{} of {of}{by}", metrics.join(" and "))
        }
        Draw::Scatter(x, y) => format!("{y} against {x} in {of}{by}"),
        Draw::Histogram(m) => format!("How {m} is spread in {of}{by}"),
        Draw::Box(m) => format!("{m} in {of}{by}"),
        Draw::Heatmap(x, y, m) => format!("{m} over {x} and {y} in {of}"),
        Draw::Contour(x, y, m) => format!("{m} over {x} and {y} in {of}, smoothed"),
        Draw::Parallel => format!("All settings of {of}"),
        Draw::Importance => format!("What matters in {of}"),
        Draw::Pareto => format!("The front of {of}"),
        Draw::Boundary => format!("Decision boundary of {of}"),
        Draw::Confusion => format!("Confusion of {of}"),
        Draw::Samples(x, y) => format!("Where {of} looked: {x} and {y}"),
        Draw::Weights(Some(layer)) => format!("Weights of layer {layer} of {of}"),
        Draw::Weights(None) => format!("Weights of {of}"),
        Draw::Activations(Some(layer)) => format!("Activations of layer {layer} of {of}"),
        Draw::Activations(None) => format!("Activations of {of}"),
        Draw::Gradients => format!("Gradients by layer of {of}"),
        Draw::Surface(None) => format!("Loss around {of}"),
        Draw::Surface(Some([x, y])) => format!("Loss around {of} along {x} and {y}"),
    }
}

/// A file name without ending: letters and digits of any script, single hyphens between.
pub fn stem(title: &str) -> String {
    let mut out = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
        if out.len() >= 72 {
            break;
        }
    }
    let out = out.trim_end_matches('-').to_string();
    if out.is_empty() { "plot".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_file_names() {
        assert_eq!(stem("Where does batch norm go?"), "where-does-batch-norm-go");
        assert_eq!(stem("../../etc/passwd"), "etc-passwd");
        assert_eq!(stem("学習率 & loss"), "学習率-loss");
        assert_eq!(stem("???"), "plot");
        assert!(stem(&"x".repeat(500)).len() < 80);
    }
}
