/**
 * Notebooks of caviar, for editors that colour by tree-sitter. The language itself is `grammar/exp.pest`: this accepts all that it
 * accepts, and some more, since a grammar of an editor has nothing to report. It knows no kind, key or layer.
 *
 * A word's node says what stands there: what a block is (`kind`), what is set (`key`), what is called (`function`), what gets a
 * name (`label`), what is a part of something (`part`), and everything else (`name`).
 */

/** The larger, the tighter. */
const TIGHTNESS = { compare: 1, arrow: 2, sum: 3, product: 4, sign: 5, power: 6, part: 7 };

const several = (rule, separator) => seq(rule, repeat(seq(separator, rule)), optional(separator));

export default grammar({
  name: "caviar",

  // Beside blanks, what `src/syntax` takes for one: spaces of other alphabets, and what nobody sees.
  extras: ($) => [/[\s\u{85}\u{a0}\u{1680}\u{2000}-\u{200d}\u{2028}\u{2029}\u{202f}\u{205f}\u{2060}\u{3000}\u{feff}]/u, $.comment],

  // The end of a line, where it separates: see `src/scanner.c`.
  externals: ($) => [$._line_end],

  word: ($) => $._word,

  rules: {
    notebook: ($) => repeat(choice($._line_end, $.prose, $.use, $.let, $.block)),

    prose: ($) => seq('"""', optional($.markdown), '"""'),
    // Before a comment, which may be longer.
    markdown: () => token.immediate(prec(1, /([^"]|"[^"]|""[^"])+/)),

    use: ($) => seq("use", several($._label, ","), "from", $.text),
    let: ($) => seq("let", $._label, "=", $._value),

    block: ($) => seq($._kind, repeat($._head), $.body),
    _block_inside: ($) => seq($._kind, repeat1($._head), $.body),
    _head: ($) => choice($._label, "from", $.number, $.duration, $.text),

    body: ($) => seq("{", optional(several($._entry, $._separator)), "}"),
    _separator: ($) => choice($._line_end, seq(optional($._line_end), ",")),
    _entry: ($) => choice($.field, alias($._block_inside, $.block), $._value),
    field: ($) => seq($._key, "=", $._value),

    _value: ($) => choice($.binary, $.negative, $._operand),
    binary: ($) => {
      const row = (name, side, sign) => side(TIGHTNESS[name], seq($._value, sign, $._value));
      return choice(
        row("compare", prec.left, choice("<", "<=", ">", ">=", "==", "!=")),
        row("arrow", prec.left, "->"),
        row("sum", prec.left, choice("+", "-")),
        row("product", prec.left, choice("*", "/")),
        row("power", prec.right, "^"),
      );
    },
    negative: ($) => prec(TIGHTNESS.sign, seq("-", $._value)),

    _operand: ($) =>
      choice($._name, $.number, $.duration, $.text, $.list, $.group, $.member, $.call, $.selection, $.filled, $.named),
    list: ($) => seq("[", optional(several($._value, ",")), "]"),
    group: ($) => seq("(", $._value, ")"),

    member: ($) => seq($._operand, ".", alias($._word, $.part)),
    call: ($) => seq(optional(seq($._operand, ".")), alias($._word, $.function), $.arguments),
    arguments: ($) => seq("(", optional(several($._argument, ",")), ")"),
    selection: ($) => seq($._operand, "[", optional(several($._argument, ",")), "]"),
    _argument: ($) => choice($.field, $._value),
    filled: ($) => seq(choice($._name, $.call), $.body),
    named: ($) => seq($._operand, "as", $._label),

    _kind: ($) => alias($._word, $.kind),
    _key: ($) => alias($._word, $.key),
    _label: ($) => alias($._word, $.label),
    _name: ($) => alias($._word, $.name),
    _word: () => /[_\p{XID_Start}]\p{XID_Continue}*/u,

    number: () => /[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9][0-9_]*)?%?/,
    duration: () => /[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9][0-9_]*)?(s|min|h)/,
    text: ($) => seq('"', repeat(choice($._plain, $.escape)), token.immediate('"')),
    _plain: () => token.immediate(prec(1, /[^"\\\n]+/)),
    escape: () => token.immediate(/\\./),

    comment: () => /#[^\n]*/,
  },
});
