//! What was likely meant by a name that is not there.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What other programs call it, and what it is called here.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "rate"),
    ("learning_rate", "rate"),
    ("alpha", "rate"),
    ("batch_size", "batch"),
    ("mini_batch", "batch"),
    ("n_epochs", "epochs"),
    ("num_epochs", "epochs"),
    ("optimiser", "optimizer"),
    ("normalise", "normalize"),
    ("normalization", "normalize"),
    ("scaling", "normalize"),
    ("colour", "color"),
    ("maximise", "maximize"),
    ("minimise", "minimize"),
    ("objective", "minimize"),
    ("metric", "minimize"),
    ("model", "network"),
    ("net", "network"),
    ("dataset", "data"),
    ("scheduler", "schedule"),
    ("early_stopping", "early_stop"),
    ("callbacks", "early_stop"),
    ("criterion", "loss"),
    ("validation_split", "split"),
    ("test_split", "split"),
    ("patience", "early_stop"),
    ("repeats", "seeds"),
    ("repetitions", "seeds"),
    ("n_seeds", "seeds"),
    ("random_state", "seed"),
    ("weight_decay", "l2"),
    ("gradient_clip", "clip"),
    ("clip_norm", "clip"),
    ("command", "run"),
    ("filter", "where"),
    ("columns", "show"),
    ("kind", "draw"),
    ("group", "by"),
    ("name", "title"),
    ("file", "path"),
    ("label", "target"),
    ("y", "target"),
    ("sep", "separator"),
    ("delimiter", "separator"),
    ("n_trials", "trials"),
    ("linear", "dense"),
    ("fc", "dense"),
    ("batchnormalization", "batch_norm"),
    ("batchnorm1d", "batch_norm"),
    ("batchnorm2d", "batch_norm"),
    ("layernormalization", "layer_norm"),
    ("maxpool2d", "max_pool"),
    ("maxpooling2d", "max_pool"),
    ("avgpool2d", "avg_pool"),
    ("averagepooling2d", "avg_pool"),
    ("log_softmax", "softmax"),
    ("fully_connected", "dense"),
    ("batchnorm", "batch_norm"),
    ("batch_normalization", "batch_norm"),
    ("bn", "batch_norm"),
    ("layernorm", "layer_norm"),
    ("conv2d", "conv"),
    ("convolution", "conv"),
    ("maxpool", "max_pool"),
    ("avgpool", "avg_pool"),
    ("average_pool", "avg_pool"),
    ("swish", "silu"),
    ("logistic", "sigmoid"),
    ("skip", "residual"),
    ("uniform", "linear"),
    ("loguniform", "log"),
    ("log_uniform", "log"),
    ("randint", "int"),
    ("integer", "int"),
    ("categorical", "choice"),
    ("gaussian", "normal"),
    ("quantized", "steps"),
    ("bayesian", "gp"),
    ("bayes", "gp"),
    ("asha", "halving"),
    ("successive_halving", "halving"),
    ("glorot", "xavier"),
    ("kaiming", "he"),
    ("standard", "zscore"),
    ("standardize", "zscore"),
    ("z_score", "zscore"),
    ("min_max", "minmax"),
    ("bce", "binary_cross_entropy"),
    ("crossentropy", "cross_entropy"),
    ("mean_squared_error", "mse"),
    ("root_mean_squared_error", "rmse"),
    ("mean_absolute_error", "mae"),
    ("r2_score", "r2"),
    ("roc_auc", "auc"),
    ("acc", "accuracy"),
    ("val", "dev"),
    ("valid", "dev"),
    ("validation", "dev"),
    ("training", "train"),
    ("yes", "true"),
    ("no", "false"),
    ("on", "true"),
    ("off", "false"),
    ("image_folder", "images"),
    ("graph", "plot"),
    ("chart", "plot"),
    ("study", "experiment"),
    ("sweep", "experiment"),
    ("assert", "claim"),
    ("full", "all"),
    ("full_batch", "all"),
    ("line", "curves"),
    ("lines", "curves"),
    ("learning_curve", "curves"),
    ("learning_curves", "curves"),
    ("confusion_matrix", "confusion"),
    ("decision_boundary", "boundary"),
    ("boxplot", "box"),
    ("hist", "histogram"),
];

/// What a word of other programs is called here: `lr` is `rate`.
pub fn elsewhere(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    ALIASES.iter().find(|(there, _)| *there == lower).map(|(_, here)| *here)
}

/// A name that is there and was likely meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// The name.
    pub name: String,
    /// Whether nothing else could be meant.
    pub sure: bool,
}

impl Suggestion {
    /// The diagnostic with the question and the change that puts the name in this place.
    pub fn offer(self, found: Diagnostic, place: Span) -> Diagnostic {
        let Suggestion { name, sure } = self;
        found.note(format!("did you mean `{name}`?")).replace(format!("write `{name}`"), place, name, sure)
    }
}

/// The nearest of the candidates, if one is near.
pub(super) fn nearest<'n>(wrong: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<Suggestion> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let plain = |s: &str| s.to_lowercase().replace(['-', '_', ' '], "");
    let flat = plain(wrong);
    let found = |name: &str, sure| Some(Suggestion { name: name.to_string(), sure });
    if let Some(same) = candidates.iter().find(|c| plain(c) == flat) {
        return found(same, true);
    }
    let lower = wrong.to_lowercase();
    if let Some((_, here)) = ALIASES.iter().find(|(there, here)| *there == lower && candidates.contains(here)) {
        // `normalise` is another spelling, `lr` may be something else.
        return found(here, strsim::damerau_levenshtein(&lower, here) == 1);
    }
    let mut near: Vec<(usize, f64, &str)> = candidates
        .iter()
        .map(|c| (strsim::damerau_levenshtein(&flat, &plain(c)), strsim::jaro_winkler(&flat, &plain(c)), *c))
        .filter(|(distance, _, c)| *distance <= allowed(flat.chars().count().max(plain(c).chars().count())))
        .collect();
    near.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(b.2)));
    near.dedup_by_key(|n| n.2);
    if let Some(&(distance, _, best)) = near.first() {
        let alone = near.get(1).is_none_or(|second| second.0 > distance);
        // Names that differ in a number are different names.
        let numbers = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let same = numbers(&flat) == numbers(&plain(best));
        return found(best, alone && same && distance == 1 && flat.chars().count() >= 4);
    }
    // The beginning of a longer name: `acc`, `bound`.
    let longer: Vec<&str> =
        candidates.iter().copied().filter(|c| flat.len() >= 3 && plain(c).starts_with(&flat)).collect();
    match longer.as_slice() {
        [one] => found(one, false),
        _ => None,
    }
}

/// How many letters may differ.
fn allowed(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=4 => 1,
        5..=7 => 2,
        _ => 3,
    }
}

/// "`a`, `b` and 3 more", at most `most` of them.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(most).map(|n| format!("`{n}`")).collect();
    let rest = names.len().saturating_sub(most);
    match (shown.as_slice(), rest) {
        (all, 1..) => format!("{} and {rest} more", all.join(", ")),
        ([init @ .., last], 0) if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        (all, _) => all.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let keys = ["rate", "batch", "epochs", "network", "seeds", "seed"];
        assert_eq!(nearest("epoch", keys), Some(Suggestion { name: "epochs".into(), sure: true }));
        assert_eq!(nearest("Batch", keys), Some(Suggestion { name: "batch".into(), sure: true }));
        assert_eq!(nearest("batch_size", keys), Some(Suggestion { name: "batch".into(), sure: false }));
        assert_eq!(nearest("lr", keys), Some(Suggestion { name: "rate".into(), sure: false }));
        assert_eq!(nearest("netwrok", keys), Some(Suggestion { name: "network".into(), sure: true }));
        assert_eq!(nearest("zzz", keys), None);
        assert_eq!(nearest("width2", ["width"]), Some(Suggestion { name: "width".into(), sure: false }));
        assert_eq!(nearest("batchnorm", ["batch_norm", "layer_norm"]).map(|s| s.name), Some("batch_norm".into()));
    }

    #[test]
    fn lists() {
        assert_eq!(listed(["a"], 3), "`a`");
        assert_eq!(listed(["a", "b", "c"], 3), "`a`, `b` and `c`");
        assert_eq!(listed(["a", "b", "c", "d"], 2), "`a`, `b` and 2 more");
    }
}
