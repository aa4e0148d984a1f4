#!/usr/bin/env python3
"""Writes assets/emoji_names.txt: the names of all emoji but those that differ in skin tone alone, from Unicode's emoji-test.txt.

    scripts/assets/make_emoji_names.py [/usr/share/unicode/emoji/emoji-test.txt] [--output assets/emoji_names.txt]

The file is that of Debian's package unicode-data. Form: a name a line, in Unicode's order.
"""
import argparse
import pathlib
import re

SKIN_TONE = re.compile(r"\b1F3F[B-F]\b")
LINE = re.compile(r"(?P<code>[0-9A-F ]+); fully-qualified +# \S+ E[0-9.]+ (?P<name>.+)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=pathlib.Path, nargs="?", default="/usr/share/unicode/emoji/emoji-test.txt")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("assets/emoji_names.txt"))
    args = parser.parse_args()
    found = map(LINE.fullmatch, args.list.read_text(encoding="utf-8").splitlines())
    names = [m["name"] for m in found if m and not SKIN_TONE.search(m["code"])]
    args.output.write_text("".join(name + "\n" for name in names), encoding="utf-8")
    print(f"{len(names)} names")


if __name__ == "__main__":
    main()
