#!/usr/bin/env python3
"""Writes preprocess.txt and pictures/ from the recordings of the reference preprocessing.

usage: copy_preprocess.py GOLDEN/preprocess      (needs Python only)

Lines of preprocess.txt:
  picture FILE MODE WIDTH HEIGHT DIGEST                   DIGEST of the decoded samples, - where none was recorded
  crop FILE SIZE WIDTH HEIGHT LEFT TOP DIGEST DIGEST      resized size, corner, uint8 crop, float32 tensor
  variant FILE NAME DIGEST                                a crop under another setting, see preprocess_test.cpp
DIGEST is the SHA-256 of the bytes.
"""
import hashlib
import json
import pathlib
import shutil
import struct
import sys

LARGEST_COPY = 100_000  # bytes


def tensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, data[8 + length + begin : 8 + length + end]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def main():
    source = pathlib.Path(sys.argv[1])
    here = pathlib.Path(__file__).parent
    lines = []
    names = {}
    for entry in json.loads((source / "manifest.json").read_text()):
        path = source / entry["file"]
        names[path.stem] = path.name
        decoded = {n: digest(d) for n, d in tensors(source / entry["expected"]) if n in ("decoded", "decoded_index")}
        lines.append(f"picture {path.name} {entry['mode_as_opened']} {entry['width']} {entry['height']} "
                     f"{next(iter(decoded.values()), '-')}")
        for size, crop in entry["sizes"].items():
            lines.append(" ".join(map(str, ["crop", path.name, size, *crop["resized_wh"], *crop["crop_left_top"],
                                            crop["crop_sha256"], crop["norm_sha256_f32le_chw"]])))
        if path.parent.name == "images" and path.stat().st_size <= LARGEST_COPY:
            shutil.copyfile(path, here / "pictures" / path.name)
    for name, data in tensors(source / "expected_variants.safetensors"):
        stem, variant = name.rsplit(".", 1)
        lines.append(f"variant {names[stem]} {variant} {digest(data)}")
    (here / "preprocess.txt").write_text("\n".join(lines) + "\n")


main()
