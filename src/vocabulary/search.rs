//! Searches and pruning.

use super::{Call, Category, Default, Param, Range, Type};

const TRIALS: Param = Param::new(
    "trials",
    Type::Whole(Range::closed(1.0, 1_000_000.0)),
    Default::Number(30.0),
    "how many settings are tried",
)
.placed()
.fixed();

const fn search(name: &'static str, params: &'static [Param], doc: &'static str, example: &'static str) -> Call {
    Call::new(Category::Search, name, params, doc, example)
}

const fn whole(name: &'static str, low: f64, default: f64, doc: &'static str) -> Param {
    Param::new(name, Type::Whole(Range::closed(low, 1_000_000.0)), Default::Number(default), doc).placed().fixed()
}

/// How settings are proposed.
pub(super) const SEARCHES: &[Call] = &[
    search(
        "auto",
        &[TRIALS],
        "the best of the others for the size of the space and the number of trials",
        "search = auto(trials = 40)",
    ),
    search(
        "grid",
        &[whole("points", 1.0, 5.0, "values along the scale of each space that is not a choice")],
        "every combination",
        "search = grid(points = 4)",
    ),
    search("random", &[TRIALS], "independent draws", "search = random(trials = 60)"),
    search(
        "sobol",
        &[TRIALS],
        "a scrambled Sobol sequence: random, but evenly spread (Owen 1998)",
        "search = sobol(trials = 64)",
    ),
    search(
        "coarse_to_fine",
        &[
            whole("rounds", 2.0, 3.0, "how many"),
            TRIALS,
            Param::new(
                "keep",
                Type::Number(Range::PART),
                Default::Number(0.2),
                "share of a round's trials that the next box is drawn around",
            )
            .placed()
            .fixed(),
        ],
        "rounds of random search, each in a smaller box around the best of the last; `trials` is shared evenly",
        "search = coarse_to_fine(rounds = 3, trials = 60)",
    ),
    search(
        "tpe",
        &[TRIALS],
        "proposes where good trials are dense and bad ones are not (Bergstra et al. 2011)",
        "search = tpe(trials = 50)",
    ),
    search(
        "gp",
        &[TRIALS],
        "proposes by a Gaussian process the point of largest expected improvement; for few, mostly continuous spaces",
        "search = gp(trials = 30)",
    ),
];

/// Which trials are stopped early.
pub(super) const PRUNES: &[Call] = &[
    Call::new(
        Category::Prune,
        "halving",
        &[
            whole("factor", 2.0, 3.0, "only the best 1/factor go on from a rung"),
            whole("from", 1.0, 1.0, "epochs at the first rung"),
        ],
        "successive halving: at epochs from·factor^k only the best 1/factor go on (Jamieson & Talwalkar 2016)",
        "prune = halving(factor = 3, from = 2)",
    ),
    Call::new(
        Category::Prune,
        "hyperband",
        &[whole("factor", 2.0, 3.0, "only the best 1/factor go on from a rung")],
        "brackets of halving with different first rungs (Li et al. 2018)",
        "prune = hyperband(factor = 3)",
    ),
    Call::new(
        Category::Prune,
        "median",
        &[whole("after", 1.0, 5.0, "epochs before which none stops")],
        "a trial worse than the median of earlier ones at the same epoch stops",
        "prune = median(after = 5)",
    ),
];
