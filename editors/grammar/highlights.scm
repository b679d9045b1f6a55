; What a word is, its node says; a name that may stand without parentheses is known by its letters. A name that nothing is known of has
; no colour of its own. Where two patterns meet, the last counts.

(comment) @comment
(text) @string
(escape) @{{escape}}
(prose "\"\"\"" @string)
[(number) (duration)] @{{number}}
["->" "<" "<=" ">" ">=" "==" "!=" "+" "-" "*" "/" "^" "="] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," "."] @punctuation.delimiter

["let" "use" "from" "as"] @keyword
(kind) @keyword
(block (label) @type)
(block . (kind) @keyword . (label) @keyword . (number))
[(let (label) @variable) (use (label) @variable) (named (label) @variable)]

(call (function) @_surface (arguments (name) @function) (#eq? @_surface "surface") (#any-of? @function {{directions}}))
(function) @function
((part) @constant (#any-of? @constant "best" "top"))
((part) @function (#any-of? @function "train" "dev" "test" {{metrics}} {{measures}}))
; The best trials, and a metric of the same name.
(call "." (function) @constant (#eq? @constant "top"))
(call [(name) (member)] @_split "." (function) @function (#match? @_split "(^|\\.)(train|dev|test)$"))

((name) @constant (#any-of? @constant "classes" "features" {{words}}))
((name) @function (#any-of? @function "train" "dev" "test" {{bare}}))
(member . (name) @type (#not-match? @type "^(train|dev|test)$"))
(selection . (name) @type)
(binary ["==" "!="] (name) @constant .)

(key) @{{key}}
(field (key) @{{key}} [(name) @type (list (name) @type)] (#any-of? @{{key}} {{block keys}}))
{{calls of keys}}
(call (function) @function (arguments (field (key) @constant)) (#eq? @function "choice"))
(selection (field (key) @variable))
(selection (field (key) (name) @constant))
