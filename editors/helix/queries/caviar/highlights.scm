; What a word is, its node says; a name that may stand without parentheses is known by its letters. A name that nothing is known of has
; no colour of its own. Where two patterns meet, the last counts.

(comment) @comment
(text) @string
(escape) @constant.character.escape
(prose "\"\"\"" @string)
[(number) (duration)] @constant.numeric
["->" "<" "<=" ">" ">=" "==" "!=" "+" "-" "*" "/" "^" "="] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," "."] @punctuation.delimiter

["let" "use" "from" "as"] @keyword
(kind) @keyword
(block (label) @type)
(block . (kind) @keyword . (label) @keyword . (number))
[(let (label) @variable) (use (label) @variable) (named (label) @variable)]

(call (function) @_surface (arguments (name) @function) (#eq? @_surface "surface") (#any-of? @function "bias" "detour" "gradient" "principal" "random" "start" "weight"))
(function) @function
((part) @constant (#any-of? @constant "best" "top"))
((part) @function (#any-of? @function "train" "dev" "test" "accuracy" "auc" "calibration" "error" "f1" "loss" "mae" "mse" "precision" "r2" "recall" "rmse" "top" "epochs" "parameters" "time"))
; The best trials, and a metric of the same name.
(call "." (function) @constant (#eq? @constant "top"))
(call [(name) (member)] @_split "." (function) @function (#match? @_split "(^|\\.)(train|dev|test)$"))

((name) @constant (#any-of? @constant "classes" "features" "all" "auto" "balanced" "best" "classification" "exact" "f32" "f64" "false" "last" "linear" "log" "median" "minmax" "moving" "none" "refuse" "regression" "same" "true" "valid" "zscore"))
((name) @function (#any-of? @function "train" "dev" "test" "activations" "adagrad" "adam" "adamw" "avg_pool" "batch_norm" "binary_cross_entropy" "blobs" "boundary" "breast_cancer" "circles" "coarse_to_fine" "confusion" "constant" "cosine" "cross_entropy" "digits" "elu" "epochs" "flatten" "flip" "gelu" "global_avg_pool" "gp" "gradients" "grid" "grid_map" "halving" "hardmax" "he" "hinge" "huber" "hyperband" "identity" "importance" "iris" "layer_norm" "leaky_relu" "lecun" "lion" "max_pool" "moons" "mse" "parallel" "parameters" "pareto" "plane" "random" "relu" "residual" "rmsprop" "selu" "sgd" "sigmoid" "silu" "sobol" "softmax" "softplus" "spirals" "surface" "tanh" "time" "tpe" "wave" "weights" "wine" "xavier" "xor" "zeros"))
(member . (name) @type (#not-match? @type "^(train|dev|test)$"))
(selection . (name) @type)
(binary ["==" "!="] (name) @constant .)

(key) @variable.other.member
(field (key) @variable.other.member [(name) @type (list (name) @type)] (#any-of? @variable.other.member "data" "network" "of"))
(field (key) @variable.other.member (name) @function (#eq? @variable.other.member "prune") (#any-of? @function "median"))
(field (key) @variable.other.member (name) @function (#eq? @variable.other.member "search") (#any-of? @function "auto"))
(field (key) @variable.other.member (name) @function (#eq? @variable.other.member "x") (#any-of? @function "bias" "detour" "gradient" "principal" "start"))
(field (key) @variable.other.member (name) @function (#eq? @variable.other.member "y") (#any-of? @function "bias" "detour" "gradient" "principal" "start"))
(call (function) @function (arguments (field (key) @constant)) (#eq? @function "choice"))
(selection (field (key) @variable))
(selection (field (key) (name) @constant))
