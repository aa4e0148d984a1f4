#!/usr/bin/env python3
"""Writes the character tables of the tokenizer: assets/unicode.txt, entities.txt and repair.txt.

    scripts/assets/make_text_tables.py FOLDER [--output assets]

FOLDER holds unicode_tables.json (Unicode 15.0 classes as the `regex` package 2022.10.31 sees them, Unicode 14.0 casing and
normalisation as Python 3.11 sees them), html5_entities.json (Python's html.entities) and ftfy_tables.json (ftfy 6.3.1).
Run it with Python 3.11: the decimal digits come from its unicodedata, which must be Unicode 14.0.

Form of the files (src/text/table_file.h reads them): lines `key entry entry ...`; a line that begins with a space continues the
one before; `#` begins a comment line. An entry is `first[-last][:value[+value...]]`, all in hexadecimal.
"""
import argparse
import json
import pathlib
import textwrap
import unicodedata


def ranges(pairs):
    return [f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in pairs]


def runs(codes):
    """Sorted code points as [first, last] pairs."""
    pairs = []
    for c in sorted(codes):
        if pairs and pairs[-1][1] == c - 1:
            pairs[-1][1] = c
        else:
            pairs.append([c, c])
    return pairs


def values(codes):
    return "+".join(f"{c:x}" for c in codes)


def mapping(table):
    return [f"{int(c):x}:{values(v)}" for c, v in sorted(table.items(), key=lambda item: int(item[0]))]


def line(key, entries):
    return "\n".join(textwrap.wrap(f"{key} {' '.join(entries)}", 118, subsequent_indent=" ", break_long_words=False,
                                   break_on_hyphens=False)) + "\n"


def unicode_file(t):
    assert unicodedata.unidata_version == "14.0.0", "run this with Python 3.11"
    digits = [c for c in range(0x110000) if unicodedata.category(chr(c)) == "Nd"]
    out = ["# Character classes (Unicode 15.0), casing and normalisation (Unicode 14.0). Made by scripts/assets/make_text_tables.py\n"]
    for key, name in [("letter", "letter_L"), ("number", "number_N"), ("regex_space", "regex_space"), ("py_space", "py_space"),
                      ("py_word", "py_word"), ("cased", "cased_not_ignorable"), ("case_ignorable", "case_ignorable")]:
        out.append(line(key, ranges(t[name])))
    out.append(line("decimal_digit", ranges(runs(digits))))
    out.append(line("lower", mapping(t["lower"])))
    out.append(line("combining_class", [f"{r}:{c:x}" for (a, b, c) in t["ccc"] for r in ranges([[a, b]])]))
    out.append(line("decomposition", mapping(t["canon_decomp"])))
    out.append(line("composition_excluded", ranges(runs(t["composition_excluded"]))))
    return "".join(out)


def entities_file(html, ftfy):
    out = ["# HTML character references: `name; code+code`, sorted by name. Made by scripts/assets/make_text_tables.py\n",
           line("numeric", [f"{int(n):x}:{values(map(ord, v))}" for n, v in html["invalid_charrefs"].items()]),
           line("numeric_removed", ranges(runs(html["invalid_codepoints"])))]
    for key, table in [("named", html["entities"]), ("named_upper", ftfy["uppercase_entities"])]:
        out.append(f"{key}\n")
        out += [f" {name} {values(map(ord, text))}\n" for name, text in sorted(table.items())]
    return "".join(out)


def repair_file(t):
    out = ["# Tables of the text repair (ftfy 6.3.1). Made by scripts/assets/make_text_tables.py\n",
           line("ligature", mapping(t["ligatures"])), line("width", mapping(t["width_map"])),
           line("control_removed", ranges(t["control_chars_removed"])), line("single_quote", ranges(t["single_quotes"])),
           line("double_quote", ranges(t["double_quotes"]))]
    for name, pairs in t["utf8_clues"].items():
        out.append(line(name, ranges(pairs)))

    out.append("# Bytes that a character set shows as something else than the character of the same number. "
               "`strict` leaves out those that mean nothing.\n")
    for name in t["charmap_order"]:
        out.append(line(f"charmap {name}", [f"{b:x}:{c:x}" for b, c in enumerate(t["charmaps"][name]) if b != c]))
    out.append(line("windows_1252_undefined", ranges(runs(b for b, c in enumerate(t["windows_1252_strict"]) if c is None))))
    defined = {b: c for b, c in enumerate(t["windows_1252_strict"]) if c is not None}
    sloppy = t["charmaps"]["sloppy-windows-1252"]
    assert all(sloppy[b] == c for b, c in defined.items() if b != 0x1A), "strict and sloppy windows-1252 differ"

    out.append("# Text is bad where all elements of a rule match one after the other: a set by its number, ! not in it, ? or "
               "nothing,\n# ^ at the start of the text.\n")
    numbers = {}

    def element(e):
        if "anchor" in e:
            assert e["anchor"] == "start_of_text"
            return "^"
        name = e.get("class")
        if not name:
            name = str(numbers.setdefault(json.dumps(e["set"]), len(numbers)))
        return ("!" if e.get("not") else "") + ("?" if e.get("optional") else "") + name

    rules = [line("rule", [element(e) for e in rule]) for rule in t["badness_rules"]]
    for pairs, number in numbers.items():
        out.append(line(f"set {number}", ranges(json.loads(pairs))))
    return "".join(out + rules)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("assets"))
    args = parser.parse_args()
    tables, html, ftfy = (json.loads((args.folder / name).read_text())
                          for name in ("unicode_tables.json", "html5_entities.json", "ftfy_tables.json"))
    for name, text in [("unicode.txt", unicode_file(tables)), ("entities.txt", entities_file(html, ftfy)),
                       ("repair.txt", repair_file(ftfy))]:
        (args.output / name).write_text(text, encoding="ascii")
        print(f"{args.output / name}: {len(text)} bytes")


if __name__ == "__main__":
    main()
