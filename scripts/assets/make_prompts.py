#!/usr/bin/env python3
"""Writes assets/prompts.json: the prompt templates and class names that openai/CLIP and LAION's CLIP_benchmark publish (MIT).

    scripts/assets/make_prompts.py FOLDER [--output assets/prompts.json]

FOLDER holds prompt_templates.json {set: [template]}, classnames.json {set: [name or [names]]} and imagenet_classnames.json.
Form: {set: {"templates": [template with one {}], "classes": [[name, other name, ...]]}}, classes in the order of the labels.
A string in place of a list names the set that has the same list.
"""
import argparse
import json
import pathlib


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("assets/prompts.json"))
    args = parser.parse_args()
    templates, classes, imagenet = (json.loads((args.folder / name).read_text(encoding="utf-8")) for name in
                                    ("prompt_templates.json", "classnames.json", "imagenet_classnames.json"))
    for name in ("ImageNet", "ImageNet_best7", "clip_benchmark/imagenet1k"):
        classes[name] = imagenet
    sets, seen = {}, {}
    for name in sorted(templates.keys() | classes.keys()):
        entry = {}
        if name in templates:
            assert all(t.count("{}") == 1 for t in templates[name]), name
            entry["templates"] = templates[name]
        if name in classes:
            entry["classes"] = [c if isinstance(c, list) else [c] for c in classes[name]]
        for key, items in entry.items():
            first = seen.setdefault((key, json.dumps(items)), name)
            if first != name:
                entry[key] = first
        sets[name] = entry
    lines = []
    for name, entry in sets.items():
        parts = []
        for key, items in entry.items():
            rows = ",\n".join(f"   {json.dumps(item, ensure_ascii=False)}" for item in items)
            parts.append(f'  "{key}": ' + (json.dumps(items) if isinstance(items, str) else f"[\n{rows}]"))
        lines.append(f" {json.dumps(name)}: {{\n" + ",\n".join(parts) + "}")
    args.output.write_text("{\n" + ",\n".join(lines) + "}\n", encoding="utf-8")
    assert json.loads(args.output.read_text(encoding="utf-8")) == sets
    print(f"{args.output}: {len(sets)} sets, {args.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
