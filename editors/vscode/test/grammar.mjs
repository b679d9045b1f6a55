// The colours of the TextMate grammar beside what the language server says of the same words, over all notebooks of the repository.
//
// usage: node test/grammar.mjs [path of caviar]

import { Server } from "./server.mjs";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const require = createRequire(import.meta.url);
const program = process.argv[2] ?? join(root, "target/debug/caviar");

const grammars = {
  "source.caviar": join(here, "../syntaxes/caviar.tmLanguage.json"),
  "markdown.caviar.codeblock": join(here, "../syntaxes/codeblock.json"),
  "text.html.markdown": require.resolve("tm-grammars/grammars/markdown.json"),
};

await oniguruma.loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async (scope) =>
    grammars[scope] ? textmate.parseRawGrammar(readFileSync(grammars[scope], "utf8"), grammars[scope]) : null,
  getInjections: (scope) => (scope === "text.html.markdown" ? ["markdown.caviar.codeblock"] : undefined),
});

/** The scopes of each place of a text, line by line. */
async function scopes(scope, text) {
  const grammar = await registry.loadGrammar(scope);
  let state = textmate.INITIAL;
  return text.split("\n").map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return tokens;
  });
}

/** What a place is coloured as, in the words of the language server; names of every kind are `name`. */
const CLASSES = [
  [/^comment\./, "comment"],
  [/^string\./, "string"],
  [/^constant\.numeric/, "number"],
  [/^keyword\.operator/, "operator"],
  [/^keyword\./, "keyword"],
  [/^variable\.other\.property/, "property"],
  [/^(support|entity\.name)\.function/, "function"],
  [/^(entity\.name\.type|variable\.|constant\.language)/, "name"],
];
const NAMES = new Set(["variable", "class", "enumMember"]);

function classOf(scopes) {
  // Whatever stands in a text or in prose belongs to it.
  if (scopes.some((scope) => /^(string|meta\.prose)\./.test(scope))) return "string";
  for (const scope of scopes.toReversed()) {
    const found = CLASSES.find(([pattern]) => pattern.test(scope));
    if (found) return found[1];
  }
  return undefined;
}

const files = execFileSync("git", ["ls-files", "*.exp"], { cwd: root, encoding: "utf8" }).trim().split("\n");
const server = new Server(program);
await server.start();
const wrong = [];
const counts = {};
let words = 0;
for (const file of files) {
  const text = readFileSync(join(root, file), "utf8");
  const lines = text.split("\n");
  const { tokens, broken } = await server.tokens(join(root, file), text);
  const coloured = await scopes("source.caviar", text);
  const complain = (line, start, end, says, is) => {
    const before = lines[line].slice(Math.max(0, start - 20), start);
    wrong.push(`${file}:${line + 1}:${start + 1}: ${before}«${lines[line].slice(start, end)}» is ${says}, coloured as ${is}`);
  };
  const told = lines.map((line) => new Array(line.length));
  for (const { line, start, end, type } of tokens) {
    const says = NAMES.has(type) ? "name" : type === "prose" ? "string" : type;
    told[line].fill(says, start, end);
    // In a file with mistakes the server knows less than the words say, and only signs and literals are sure.
    if (broken && ["name", "function", "property", "keyword"].includes(says)) continue;
    counts[says] = (counts[says] ?? 0) + 1;
    words += 1;
    const other = coloured[line].find(
      (piece) => piece.startIndex < end && piece.endIndex > start && classOf(piece.scopes) !== says,
    );
    if (other) complain(line, start, end, says, classOf(other.scopes) ?? "nothing");
  }
  // What the server does not colour is spaces, brackets and commas.
  for (const [line, pieces] of coloured.entries()) {
    for (const { startIndex, endIndex, scopes: names } of pieces) {
      const is = classOf(names);
      if (is === undefined || broken) continue;
      for (let n = startIndex; n < Math.min(endIndex, lines[line].length); n += 1) {
        if (told[line][n] === undefined && /\S/.test(lines[line][n])) {
          complain(line, n, n + 1, "nothing", is);
          break;
        }
      }
    }
  }
}
await server.stop();

// Prose is Markdown to its end and no further, however it is written.
const samples = [
  ['"""\n# A title\n\nWords with *stress*, `code` and $z^{[l]}_i$.\n\n- a point\n"""\nlet a = 3', { "A title": "markup.heading", stress: "markup.italic", code: "markup.inline.raw", "z^{[l]}_i": "markup.inline.raw.math", "a point": "markup.list", let: "keyword.other.let" }],
  ['""" One line with **weight**. """\nlet a = 3', { weight: "markup.bold", let: "keyword.other.let" }],
  ['"""# Title\n> a quote that has no end\n"""\nlet a = 3', { Title: "markup.heading", quote: "markup.quote", let: "keyword.other.let" }],
  ['"""\n```\na block that has no end\n"""\nlet a = 3', { "a block": "markup.fenced_code", let: "keyword.other.let" }],
  ['"""\n<b>a tag that has no end\n"""\nlet a = 3', { let: "keyword.other.let" }],
  ['"""\nThe end of *prose*."""\nlet a = 3', { prose: "markup.italic", let: "keyword.other.let" }],
  ['"""\n$$\n\\sum_i x_i\n$$\n"""\nlet a = 3', { sum: "markup.inline.raw.math", let: "keyword.other.let" }],
  // What is being written is not closed yet: the next thing has its colours all the same.
  ['experiment a {\n  optimizer = adam(rate = \n\nnetwork n { dense(3) }', { network: "keyword.control.block", dense: "support.function" }],
  ['let a = choice(b = [1, 2\ndata flowers { source = iris() }', { flowers: "entity.name.type" }],
  ['let a = "no end\nlet b = 3', { "let b": "keyword.other.let" }],
];
for (const [text, expected] of samples) {
  const lines = text.split("\n");
  const coloured = await scopes("source.caviar", text);
  for (const [word, scope] of Object.entries(expected)) {
    const line = lines.findLastIndex((line) => line.includes(word));
    const at = lines[line].indexOf(word);
    const piece = coloured[line].find(({ startIndex, endIndex }) => startIndex <= at && at < endIndex);
    if (!piece.scopes.some((name) => name.startsWith(scope))) {
      wrong.push(`«${word}» in ${JSON.stringify(text)} has not ${scope} but ${piece.scopes.slice(1).join(" ")}`);
    }
    if (scope.startsWith("keyword") && piece.scopes.some((name) => /markdown|string|prose/.test(name))) {
      wrong.push(`prose does not end in ${JSON.stringify(text)}`);
    }
  }
}

// A block of code in a page of Markdown.
const page = await scopes("text.html.markdown", "# Page\n\n```exp\nlet a = 3\n```\n\nlet us go on");
if (!page[3].some(({ scopes: names }) => names.includes("keyword.other.let.caviar"))) wrong.push("no colours in a block of a page");
if (page[6].some(({ scopes: names }) => names.includes("source.caviar") || names.join().includes("caviar,"))) wrong.push("the block does not end");

for (const line of wrong.slice(0, 60)) console.error(line);
console.log(`${files.length} notebooks, ${words} words: ${Object.entries(counts).map(([name, n]) => `${name} ${n}`).join(", ")}`);
console.log(`${words - wrong.length} passed, ${wrong.length} failed`);
process.exit(wrong.length === 0 && words > 0 ? 0 : 1);
