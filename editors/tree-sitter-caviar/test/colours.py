"""The trees of notebooks: nothing that caviar reads is an error, and every word has the colour that the language server gives it.

usage: colours.py < texts.json, where each text has a `name`, its `text`, whether caviar's parser `reads` it and its checks find nothing
wrong (`checked`), and its `pieces`: first byte, end, class.
"""

import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tree_sitter import Language, Parser, Query, QueryCursor

HERE = Path(__file__).resolve().parent.parent
EDITORS = HERE.parent

# What a capture is, in the words of the language server; names of every kind are `name`.
CLASSES = {
    "comment": "comment",
    "string": "string",
    "string.escape": "string",
    "constant.character.escape": "string",
    "number": "number",
    "constant.numeric": "number",
    "operator": "operator",
    "keyword": "keyword",
    "property": "property",
    "variable.other.member": "property",
    "function": "function",
    "type": "name",
    "variable": "name",
    "constant": "name",
    "punctuation.bracket": None,
    "punctuation.delimiter": None,
}


def language():
    """The committed parser, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "caviar.so"
        source = HERE / "src"
        command = ["cc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I", source, source / "parser.c", source / "scanner.c"]
        subprocess.run([*command, "-o", library], check=True)
        make = ctypes.CDLL(str(library)).tree_sitter_caviar
    make.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return Language(capsule(make(), b"tree_sitter.Language", None))


def errors(node):
    if node.is_error or node.is_missing:
        yield node
    if node.has_error:
        for child in node.children:
            yield from errors(child)


def colours(query, tree, length):
    """The class of each byte: inner nodes before outer ones, later patterns before earlier ones.

    A capture without a colour takes the colour away, as it does in Helix.
    """
    found = []
    for pattern, captures in QueryCursor(query).matches(tree.root_node):
        for name, nodes in captures.items():
            found.extend((node.start_byte - node.end_byte, pattern, node.start_byte, node.end_byte, name) for node in nodes)
    painted = [None] * length
    for _, _, start, end, name in sorted(found):
        painted[start:end] = [CLASSES[name] if not name.startswith("_") else None] * (end - start)
    return painted


def main():
    caviar = language()
    parser = Parser(caviar)
    queries = {}
    for path in sorted(EDITORS.glob("**/*.scm")):
        if path.parent.name != "grammar":
            queries[path.relative_to(EDITORS)] = Query(caviar, path.read_text())
    highlights = {path: query for path, query in queries.items() if path.name == "highlights.scm"}
    wrong, words = [], 0
    texts = json.load(sys.stdin)
    for text in texts:
        data = text["text"].encode()
        tree = parser.parse(data)

        def place(at):
            line = data.rfind(b"\n", 0, at) + 1
            number = data.count(b"\n", 0, at) + 1
            return f"{text['name']}:{number}: {data[max(line, at - 20):at].decode(errors='replace')}"

        if not text["reads"]:
            continue
        for node in errors(tree.root_node):
            wrong.append(f"{place(node.start_byte)}«{node.text.decode()[:40]}» cannot be read ({node.type})")
        for path, query in highlights.items():
            painted = colours(query, tree, len(data))
            # What is prose is for the grammar of Markdown to colour.
            for _, captures in QueryCursor(Query(caviar, "(markdown) @prose")).matches(tree.root_node):
                for node in captures["prose"]:
                    painted[node.start_byte:node.end_byte] = ["string"] * (node.end_byte - node.start_byte)
            told = [None] * len(data)
            for start, end, says in text["pieces"]:
                told[start:end] = [says] * (end - start)
                # In a file with mistakes the server knows less than the words say.
                if not text["checked"] and says in ("name", "function", "property", "keyword"):
                    continue
                words += 1
                # A name may have no colour.
                other = next((is_ for is_ in painted[start:end] if is_ != says and (is_ or says != "name")), says)
                if other != says:
                    wrong.append(f"{path}: {place(start)}«{data[start:end].decode()}» is {says}, coloured as {other}")
            for at, (says, is_) in enumerate(zip(told, painted)):
                if text["checked"] and says is None and is_ is not None and not data[at : at + 1].isspace():
                    wrong.append(f"{path}: {place(at)}«{data[at:at + 1].decode()}» is nothing, coloured as {is_}")
                    break
    print("\n".join(wrong[:60]))
    print(f"{len(texts)} texts, {words} words, {len(wrong)} wrong")
    sys.exit(bool(wrong) or not words)


main()
