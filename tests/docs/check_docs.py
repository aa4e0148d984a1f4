#!/usr/bin/env python3
"""Holds README.md and docs/ against the code.

    check_docs.py snippets           a ```cpp block below  <!-- from examples/NAME.cpp -->  is the region between
                                     // [NAME] and // [/NAME] of that file; links to files of the tree lead somewhere
    check_docs.py commands FOLDER    a ```sh block below  <!-- run -->  ends with exit status 0, with the programs of
                                     FOLDER in the path, in an empty folder where examples/ is the tree's
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

SNIPPET = re.compile(r"<!-- from (\S+) -->\n+```cpp\n(.*?)```", re.S)
COMMANDS = re.compile(r"<!-- run -->\n+```sh\n(.*?)```", re.S)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#)([^)#\s]+)")


def region(example):
    """The lines between // [name] and // [/name] of an example, without their common indentation."""
    name = pathlib.Path(example).stem
    lines = (ROOT / example).read_text(encoding="utf-8").splitlines()
    marks = [i for i, line in enumerate(lines) if line.strip() in (f"// [{name}]", f"// [/{name}]")]
    if len(marks) != 2:
        return None
    return textwrap.dedent("\n".join(lines[marks[0] + 1:marks[1]])) + "\n"


def check_snippets():
    count = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        where = page.relative_to(ROOT)
        for example, shown in SNIPPET.findall(text):
            count += 1
            if region(example) != shown:
                yield f"{where}: the snippet differs from the region of {example}:\n{region(example)}"
        for target in LINK.findall(text):
            if not (page.parent / target).exists():
                yield f"{where}: the link to {target} leads nowhere"
    if count == 0:
        yield "no page shows a snippet: has the mark changed?"


def check_commands(programs):
    count = 0
    environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}")
    for page in PAGES:
        for block in COMMANDS.findall(page.read_text(encoding="utf-8")):
            count += 1
            with tempfile.TemporaryDirectory() as folder:
                environment["CLIPKIT_CACHE"] = f"{folder}/cache"
                os.symlink(ROOT / "examples", f"{folder}/examples")
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment,
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                yield f"{page.relative_to(ROOT)}: exit status {done.returncode} of\n{block}{done.stderr}"
    if count == 0:
        yield "no page shows a command: has the mark changed?"


def main():
    if sys.argv[1:] == ["snippets"]:
        wrong = list(check_snippets())
    elif len(sys.argv) == 3 and sys.argv[1] == "commands":
        wrong = list(check_commands(sys.argv[2]))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for message in wrong:
        print(message)
    return 1 if wrong else 0


sys.exit(main())
