#!/usr/bin/env python3
"""Holds every #include line of the tree against the table of who may include whom.

    scripts/check_layers.py            checks; exit status 1 and one line for each violation
    scripts/check_layers.py --table    prints the table as docs/architecture.md shows it

A folder may use what its entries may use. src/base uses nothing; a public header counts as part of the folder that
implements it; programs (src/cli, examples) see the public headers and their own folder, as any user does.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The one place where the table is kept. cmake/ClipkitLayers.cmake must agree for the folders that exist.
LAYERS = {
    "base": [],
    "tensor": ["base"],
    "ops": ["tensor"],
    "cpu": ["ops"],
    "cuda": ["ops"],
    "runtime": ["cpu", "cuda"],
    "nn": ["ops"],
    "index": ["ops"],
    "text": ["tensor"],
    "image": ["tensor"],
    "checkpoint": ["tensor"],
    "dist": ["tensor"],
    "report": ["tensor"],
    "fetch": ["tensor"],
    "model": ["nn", "checkpoint", "text", "image"],
    "data": ["image", "text"],
    "export": ["model"],
    "eval": ["model", "data", "index", "report"],
    "train": ["eval", "dist"],
    "transfer": ["train"],
    "curate": ["eval"],
    "api": ["runtime", "export", "fetch", "transfer", "curate"],
}
PROGRAMS = ["serve", "cli"]  # and examples/

# The folder that implements each public header.
PUBLIC_HEADERS = {
    "export.h": "base",
    "error.h": "base",
    "log.h": "base",
    "tensor.h": "tensor",
    "npy.h": "tensor",
    "compact.h": "tensor",
    "activation.h": "ops",
    "image.h": "image",
    "preprocess.h": "image",
    "tokenizer.h": "text",
    "prompts.h": "text",
    "tensor_file.h": "checkpoint",
    "fetch.h": "fetch",
    "config.h": "model",
    "precision.h": "ops",
    "train.h": "train",
    "curate.h": "curate",
    "report.h": "report",
    "data_sets.h": "data",
    "evaluate.h": "eval",
    "reject.h": "eval",
    "audit.h": "eval",
    "benchmark.h": "api",
    "labels.h": "api",
    "checkpoint.h": "api",
    "onnx.h": "api",
    "quantize.h": "api",
    "model.h": "api",
    "clipkit.h": "api",
}

# Libraries of others, by the start of their headers' names, and the folders that may see them.
LIBRARIES = {
    "dnnl": ["cpu"],
    "oneapi/": ["cpu"],
    "hwy/": ["base", "cpu", "image"],
    "jpeglib.h": ["image"],
    "jerror.h": ["image"],
    "png.h": ["image"],
    "webp/": ["image"],
    "gif_lib.h": ["image"],
    "zlib.h": ["data"],
    "curl/": ["fetch"],
    "mpi.h": ["dist"],
    "re2/": ["curate"],
    "lbfgs.h": ["transfer"],
    "hdf5.h": ["data"],
    "libav": ["data"],
    "libswscale/": ["data"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD_HEADER = re.compile(r"^[a-z_0-9]+$")  # <vector>: the C++ library alone has names without a dot
CLASS = re.compile(r"^(?:class|struct) (?:CLIPKIT_API )?(\w+)(?: final)?\s*(?::[^;{]*)?\{", re.M)  # not within another


def may_use(folder):
    """The folder itself and all that its entries may use."""
    seen, pending = set(), [folder]
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(LAYERS[name])
    return seen


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1] == '"', match[2]


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cpp", ".inc", ".cu", ".cuh"))


def check_library(folder, name):
    for prefix, folders in LIBRARIES.items():
        if name.startswith(prefix) and folder not in folders:
            return f"<{name}> belongs to {' and '.join(folders)} alone"
    return None


def check_layer_file(folder, allowed, name, quoted):
    """What is wrong with this include in src/<folder> (or a public header of it), or None."""
    first, _, rest = name.partition("/")
    if first == "clipkit":
        owner = PUBLIC_HEADERS.get(rest)
        if owner is None:
            return f'"{name}" is not in the table of public headers'
        return None if owner in allowed else f'"{name}" is part of {owner}, which {folder} may not use'
    if first in LAYERS or first in PROGRAMS:
        return None if first in allowed else f"{folder} may not use {first} (\"{name}\")"
    wrong = check_library(folder, name)
    if wrong is None and quoted and not any(name.startswith(prefix) for prefix in LIBRARIES):
        return f'"{name}" does not begin with a folder of src/'
    return wrong


def check_program_file(folder, name, quoted, own):
    first = name.partition("/")[0]
    if first == "clipkit":
        return None
    if quoted and (first == folder or (own / name).exists()):
        return None
    if first in LAYERS or first in PROGRAMS:
        return f"{folder} may include include/clipkit and its own folder, not \"{name}\""
    return check_library(folder, name)


def check_cmake():
    text = (ROOT / "cmake/ClipkitLayers.cmake").read_text(encoding="utf-8")
    for match in re.finditer(r"^clipkit_layer\((\w+)(?:\s+DEPENDS\s+([\w\s]*?))?(?:\s+LIBRARIES[^)]*)?\)", text, re.M):
        name, depends = match[1], set((match[2] or "").split())
        extra = depends - may_use(name)
        if name not in LAYERS:
            yield f"cmake/ClipkitLayers.cmake: layer {name} is not in the table"
        elif extra:
            yield f"cmake/ClipkitLayers.cmake: {name} may not depend on {', '.join(sorted(extra))}"


def check_docs():
    page = ROOT / "docs/architecture.md"
    if table() not in page.read_text(encoding="utf-8"):
        yield "docs/architecture.md: the table differs from scripts/check_layers.py --table"


def table():
    rows = [f"{'base':<49} nothing"]
    grouped = {}
    for folder, uses in LAYERS.items():
        if uses:
            grouped.setdefault(tuple(uses), []).append(folder)
    rows += [f"{', '.join(folders):<49} {', '.join(uses)}" for uses, folders in grouped.items()]
    rows.append(f"{', '.join(PROGRAMS + ['examples']):<49} include/clipkit and their own folder")
    return "\n".join(rows)


def check_cycles():
    for folder in LAYERS:
        for used in may_use(folder) - {folder}:
            if folder in may_use(used):
                yield f"table: {folder} and {used} use each other"


def check_names():
    """One namespace: of two classes of one name the linker would silently keep one's functions for both."""
    places = {}
    for path in sources(ROOT / "src") + sources(ROOT / "include"):
        if path.suffix == ".h" and path.parent.name not in PROGRAMS:  # those have namespaces of their own
            for match in CLASS.finditer(path.read_text(encoding="utf-8")):
                places.setdefault(match[1], set()).add(path.relative_to(ROOT).as_posix())
    for name, files in places.items():
        if len(files) > 1:
            yield f"{' and '.join(sorted(files))}: both define {name}"


def check_files():
    for path in sources(ROOT / "include"):
        name = path.relative_to(ROOT / "include/clipkit").as_posix()
        owner = PUBLIC_HEADERS.get(name)
        if owner is None:
            yield f"include/clipkit/{name}: say in PUBLIC_HEADERS which folder implements it"
            continue
        for number, quoted, header in includes(path):
            wrong = None
            if header.startswith("clipkit/"):
                wrong = check_layer_file(owner, may_use(owner), header, quoted)
            elif quoted or not STANDARD_HEADER.match(header):
                wrong = f"a public header includes the C++ library and clipkit alone, not {header}"
            if wrong:
                yield f"include/clipkit/{name}:{number}: {wrong}"
    for folder in sorted(p for p in (ROOT / "src").iterdir() if p.is_dir()):
        if folder.name not in LAYERS and folder.name not in PROGRAMS:
            if sources(folder):
                yield f"src/{folder.name}: not in the table"
            continue
        program = folder.name in PROGRAMS
        allowed = set() if program else may_use(folder.name)
        for path in sources(folder):
            for number, quoted, header in includes(path):
                wrong = (check_program_file(folder.name, header, quoted, path.parent) if program
                         else check_layer_file(folder.name, allowed, header, quoted))
                if wrong:
                    yield f"{path.relative_to(ROOT)}:{number}: {wrong}"
    for path in sources(ROOT / "examples"):
        for number, quoted, header in includes(path):
            wrong = check_program_file("examples", header, quoted, path.parent)
            if wrong:
                yield f"{path.relative_to(ROOT)}:{number}: {wrong}"


def main():
    if sys.argv[1:] == ["--table"]:
        print(table())
        return 0
    violations = [*check_cycles(), *check_cmake(), *check_docs(), *check_names(), *check_files()]
    for violation in violations:
        print(violation)
    return 1 if violations else 0


sys.exit(main())
